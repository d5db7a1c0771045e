// A working day with node-zendesk, https://github.com/blakmatrix/node-zendesk: prints what it saw as JSON.
// Arguments: the folder of the package, the simulator's URL, the agent's address and API token, a file to upload.
const Module = require('node:module');

// Its only dependency is a fetch for older Nodes.
const load = Module._load;
const streaming = (url, options) => fetch(url, {...options, duplex: 'half'});
const replacement = Object.assign(streaming, {default: streaming, fetch: streaming});
Module._load = (name, ...rest) => (name === 'cross-fetch' ? replacement : load(name, ...rest));

const [folder, url, username, token, file] = process.argv.slice(2);
const {createClient} = require(`${folder}/dist/index.js`);
const zendesk = createClient({subdomain: 'acme', endpointUri: `${url}/api/v2`, username, token});

async function refused(promise) {
  try {
    await promise;
  } catch (error) {
    return Number(/\((\d+)\)/.exec(String(error))?.[1]);
  }
  return null;
}

async function main() {
  const seen = {};
  const tickets = zendesk.tickets;
  seen.me = (await zendesk.users.me()).result.email;
  const groups = await zendesk.groups.list();
  seen.groups = groups.map(group => group.name).sort();
  const billing = groups.find(group => group.name === 'Billing');
  const made = await tickets.create({
    ticket: {
      subject: 'Invoice R-7700 is missing',
      comment: {body: 'Please send R-7700 again.'},
      requester: {name: 'Max Lund', email: 'max.lund@customer.example'},
      group_id: billing.id,
      priority: 'low',
    },
  });
  const {id} = made.result;
  seen.created = [made.response.status, made.result.subject, made.result.status];
  const upload = await zendesk.attachments.upload(file, {filename: 'invoice.txt', binary: true});
  seen.upload = upload.upload.attachment.file_name;
  const comment = {html_body: '<p>Here it <b>is</b>.</p>', public: true, uploads: [upload.upload.token]};
  const updated = await tickets.update(id, {ticket: {status: 'pending', comment}});
  seen.updated = updated.result.status;
  const comments = await tickets.getComments(id);
  seen.comments = comments.map(one => [one.plain_body, one.public, one.attachments.map(file => file.file_name)]);
  seen.found = (await zendesk.search.query('type:ticket R-7700')).result.map(one => one.id === id);
  seen.count = (await zendesk.search.showResultsCount('type:ticket R-7700')).result;
  seen.exported = (await zendesk.search.exportResults('status:new', 'ticket', 3)).length;
  seen.listed = (await tickets.list()).length;
  seen.agents = (await zendesk.users.search({query: 'role:agent name:ada'})).map(user => user.name);
  seen.members = (await zendesk.users.listByGroup(billing.id)).map(user => user.name).sort();
  const twin = await tickets.create({ticket: {subject: 'Twin', comment: {body: 'R-7700'}}});
  const job = await tickets.merge(id, {ids: [twin.result.id], target_comment: 'Twin', source_comment: 'Merged'});
  const status = job.result.job_status ?? job.result;
  seen.merge = [status.status, (await zendesk.jobstatuses.watch(status.id, 20, 100)).results.map(one => one.success)];
  seen.closed = (await tickets.show(twin.result.id)).result.status;
  seen.refused = [
    await refused(tickets.update(twin.result.id, {ticket: {subject: 'No'}})),
    await refused(tickets.show(999999)),
    await refused(tickets.create({ticket: {subject: 'No words'}})),
  ];
  const wrong = createClient({subdomain: 'acme', endpointUri: `${url}/api/v2`, username, token: 'wrong'});
  seen.refused.push(await refused(wrong.tickets.show(1)));
  console.log(JSON.stringify(seen));
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
