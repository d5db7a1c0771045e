// Drives one client through the cells of the table, as driver.py does for Python. The plan comes in CLIENT_PLAN.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'

export const PLAN = JSON.parse(process.env.CLIENT_PLAN)
const { facts } = PLAN
const PATIENCE = 60_000 // milliseconds, for one cell
const CODE = /\b[A-Z]-[0-9A-Z]{4}-[0-9A-Z]{4}\b/

export const say = (line) => process.stdout.write(JSON.stringify(line) + '\n')

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
export const begun = async () => {
  say({ calling: true })
  await lines.next()
}

function must(condition, text) {
  if (!condition) throw new Error(String(text).slice(0, 250))
}

const pieces = async (session) => {
  const text = await session.call('get_inventory', { skus: [facts.sku] })
  const found = [...text.matchAll(/"on_hand\\*":\s*(-?\d+)/g)].map((match) => Number(match[1]))
  must(found.length, text)
  return found.reduce((one, other) => one + other, 0)
}

const CELLS = {
  async list(session) {
    const names = await session.tools()
    must(names.includes('get_order') && names.includes('issue_refund'), `${names.length} tools, not all`)
  },
  async read(session) {
    const text = await session.call('get_order', { order_id: facts.order })
    must(text.includes(facts.order), text)
  },
  async write(session) {
    const note = `Seen by ${PLAN.client}`
    await session.call('update_order_notes', { order_id: facts.order, notes: note })
    must((await session.call('get_order', { order_id: facts.order })).includes(note), 'the note is not there')
  },
  async confirm(session) {
    const before = await pieces(session)
    let text = await session.call('adjust_inventory', PLAN.adjustment)
    const code = text.match(CODE)
    if (code) {
      must((await pieces(session)) === before, 'the preview changed the stock')
      text = await session.call('orders_confirm_action', { code: code[0] })
    }
    must((await pieces(session)) === before + 1, `the stock did not change: ${text}`)
  },
  async resource(session) {
    const text = await session.resource('policy://refunds')
    must(text.includes('Refund policy'), text)
  },
  async prompt(session) {
    const text = await session.prompt('where_is_my_order', { order_id: facts.order })
    must(text.includes(facts.order), text)
  },
  async complete(session) {
    const values = await session.complete('exception_review', 'status', 'pa')
    must(values.includes('paid'), values)
  },
  async progress(session) {
    const count = await session.progress('compare_to_normal', PLAN.comparison)
    must(count > 1, `${count} notifications came`)
  },
  async cancel(session) {
    await session.stop('compare_to_normal', PLAN.comparison)
    say({ cancelled: true })
    await lines.next()
  },
}

const reason = (problem) => `${problem?.name ?? 'Error'}: ${problem?.message ?? problem}`.replace(/\s+/g, ' ').slice(0, 250)

async function attempt(cell, work) {
  let timer
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error('no end in time')), PATIENCE)))
  try {
    await Promise.race([work(), late])
    say({ cell, works: true })
  } catch (problem) {
    say({ cell, reason: reason(problem) })
  }
  clearTimeout(timer)
}

/** A provider of the SDK's OAuth whose user the runner is; `back()` is what the browser came back with. Argument: more
 * of what the client registers. */
export async function signIn(metadata = {}) {
  let arrived
  let back
  const server = createServer((request, response) => {
    response.end('Done')
    arrived(new URL(request.url, 'http://127.0.0.1').searchParams)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const redirectUrl = `http://127.0.0.1:${server.address().port}/callback`
  const kept = {}
  const provider = {
    redirectUrl,
    clientMetadata: { client_name: PLAN.client, redirect_uris: [redirectUrl], token_endpoint_auth_method: 'none', ...metadata },
    clientInformation: () => kept.client,
    saveClientInformation: (client) => void (kept.client = client),
    tokens: () => kept.tokens,
    saveTokens: (tokens) => void (kept.tokens = tokens),
    codeVerifier: () => kept.verifier,
    saveCodeVerifier: (verifier) => void (kept.verifier = verifier),
    discoveryState: () => kept.discovery,
    saveDiscoveryState: (state) => void (kept.discovery = state),
    authorizationServerInformation: () => kept.authorizationServer,
    saveAuthorizationServerInformation: (information) => void (kept.authorizationServer = information),
    redirectToAuthorization: (address) => {
      back = new Promise((resolve) => (arrived = resolve))
      say({ visit: String(address) })
    },
  }
  return { provider, back: () => back }
}

/**
 * Runs the cells of the plan.
 * @param connect takes a URL and, with a token, headers; a session has tools, call, and what the client can do besides.
 * @param name the package whose version is the client's.
 */
export async function run(connect, name) {
  const manifest = new URL(`node_modules/${name}/package.json`, import.meta.url)
  say({ version: JSON.parse(readFileSync(manifest)).version })
  for (const service of ['orders', 'weather']) {
    const cells = PLAN.cells.filter((cell) => PLAN.service_of[cell] === service)
    if (!cells.length) continue
    const headers = PLAN.tokens ? { Authorization: `Bearer ${PLAN.tokens[service]}` } : undefined
    try {
      const session = await connect(PLAN.urls[service], headers)
      for (const cell of cells) await attempt(cell, () => CELLS[PLAN.as[cell] ?? cell](session))
    } catch (problem) {
      say({ problem: reason(problem) })
    }
  }
  process.exit(0)
}
