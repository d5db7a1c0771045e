// The tools of a server for the person who is signed in, and a form to try each.

import { button, copyable, element, newId, say } from "./dom.js";
import { every, newTraceId, request } from "./client.js";
import { argumentsForm } from "./form.js";
import { resultView } from "./result.js";
import { begin, isSignedIn, signOut } from "./sign_in.js";

export function toolsSection(server, calls) {
  const section = element("section", { class: "card section", "aria-labelledby": "tools" });
  const heading = element("h3", { id: "tools" }, "Tools");
  const problem = (words) => section.replaceChildren(heading, element("p", { class: "refused", role: "alert" }, words), signIn());
  const signIn = (words = "Sign in") => element("div", { class: "row" }, button(words, () => begin(server), { go: true, failed: problem }));
  if (!isSignedIn(server)) {
    section.append(heading, element("p", {}, `Sign in to see what you may do${server.offers === "calls" ? ", and to try it here" : ""}.`), signIn());
    return section;
  }
  section.append(heading, element("p", { class: "soft" }, "Reading the list of tools …"));
  fill().catch((error) => problem(error.message));
  return section;

  async function fill() {
    const tools = await every(server, "tools/list", "tools");
    const who = tools.find((tool) => tool.name.endsWith("_whoami"));
    const me = who ? (await request(server, "tools/call", { name: who.name, arguments: {} })).structuredContent : null;
    const confirm = tools.find((tool) => tool.name.endsWith("_confirm_action"))?.name;
    calls.signedIn(tools);
    const search = element("input", { type: "search", placeholder: `Search ${tools.length} tools`, "aria-label": "Search tools", autocomplete: "off" });
    const rows = tools.filter((tool) => tool.name !== confirm).map((tool) => [toolRow(server, tool, confirm, calls), `${tool.name} ${tool.title} ${tool.description}`.toLowerCase()]);
    search.addEventListener("input", () => {
      const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let found = 0;
      for (const [row, text] of rows) found += !(row.hidden = !wanted.every((word) => text.includes(word)));
      say(`${found} of ${rows.length} tools`);
    });
    const out = button("Sign out", async () => {
      await signOut(server);
      section.replaceWith(toolsSection(server, calls));
    });
    section.replaceChildren(heading, me ? person(me, button("Change rights", () => begin(server)), out) : out, search, element("div", { class: "tools" }, rows.map(([row]) => row)), hidden(me));
  }
}

function person(me, ...actions) {
  const words = ["Signed in as ", element("b", {}, me.subject), me.tenant ? [" of ", element("b", {}, me.tenant)] : null, me.may_write ? "." : "; you may read only."];
  return element("div", { class: "row" }, element("span", {}, words), element("ul", { class: "scopes", "aria-label": "Scopes" }, me.scopes.map((scope) => element("li", {}, element("code", {}, scope)))), element("span", { class: "row end" }, actions));
}

function hidden(me) {
  const off = [...(me?.toolsets_off ?? []).map((one) => [one.tools.join(", "), one.reason]), ...(me?.hidden_tools ?? []).map((one) => [one.name, one.reason])];
  if (off.length === 0) return null;
  const rows = off.map(([name, reason]) => [element("dt", {}, element("code", {}, name)), element("dd", {}, reason)]);
  return element("details", { class: "more" }, element("summary", {}, `Not usable by you (${off.length})`), element("dl", {}, rows));
}

function marks({ annotations = {}, _meta = {} }) {
  const confirms = _meta["fleet/confirmation"] ?? annotations.destructiveHint;
  const kinds = [annotations.readOnlyHint ? ["reads", "pill"] : ["writes", "pill odd"], confirms ? ["a person confirms", "pill odd"] : null];
  return element("span", { class: "marks" }, kinds.filter(Boolean).map(([words, kind]) => element("span", { class: kind }, words)));
}

function toolRow(server, tool, confirm, calls) {
  const inside = element("div", { class: "inside" });
  const about = tool.description.split("\n\n")[0].replaceAll("\n", " ");
  const row = element(
    "details",
    { class: "tool", "data-tool": tool.name },
    element("summary", {}, element("span", {}, element("span", { class: "name" }, tool.title), " ", element("code", { class: "soft" }, tool.name)), marks(tool), element("span", { class: "about" }, about)),
    inside,
  );
  row.addEventListener("toggle", () => {
    if (row.open && !inside.hasChildNodes()) inside.append(...open(server, tool, confirm, calls));
  });
  return row;
}

function open(server, tool, confirm, calls) {
  const scopes = tool._meta?.["fleet/scopes"] ?? [];
  const schema = element("details", { class: "more" }, element("summary", {}, "Schema"), copyable(JSON.stringify(tool.inputSchema, null, 2), `${tool.name}: input schema`));
  const parts = [
    element("p", { class: "description" }, tool.description.replace(/(?<!\n)\n(?!\n)/g, " ")),
    scopes.length ? element("p", { class: "soft" }, "Needs ", scopes.map((scope) => [element("code", {}, scope), " "])) : null,
  ];
  if (server.offers === "calls") parts.push(...trial(server, tool, confirm, calls));
  return [...parts, schema].filter(Boolean);
}

function trial(server, tool, confirm, calls) {
  const id = newId("result");
  const place = element("div", { class: "result", id, role: "region", "aria-label": `Result of ${tool.name}`, tabindex: "-1", hidden: true });
  const show = (...parts) => {
    place.hidden = false;
    place.replaceChildren(...parts.flat(9).filter(Boolean));
  };
  const failed = (words) => show(element("div", { class: "refused", role: "alert" }, words));

  async function run(name, args) {
    const stop = new AbortController();
    const progress = element("p", { class: "soft", role: "status" }, "Working … ");
    show(progress, button("Cancel", () => stop.abort()));
    const traceId = newTraceId();
    const started = performance.now();
    const note = (outcome, words, requestId) => calls.add({ tool: name, at: Date.now(), ms: performance.now() - started, outcome, words, requestId, traceId });
    try {
      const onProgress = ({ progress: done, total, message }) => (progress.textContent = `Working … ${message ?? ""} ${total ? `${Math.round((100 * done) / total)} %` : ""}`);
      const result = await request(server, "tools/call", { name, arguments: args }, { onProgress, signal: stop.signal, traceId });
      const isPreview = result.structuredContent?.status === "confirmation_required";
      note(result.isError ? "refused" : isPreview ? "waits for your answer" : "done", result.isError ? result.content.map((block) => block.text ?? "").join("\n") : "", result.requestId);
      show(resultView(result, {
        confirm: (code) => run(confirm, { code }),
        page: (cursor) => run(name, { ...args, cursor }),
        read: async (uri) => (await request(server, "resources/read", { uri })).contents.map((part) => part.text ?? `${part.mimeType}, ${part.blob?.length ?? 0} characters of base64`).join("\n"),
      }));
      place.focus({ preventScroll: true });
      if (!result.isError && !isPreview) form.renew();
    } catch (error) {
      note("refused", error.message, error.requestId);
      failed(error.message);
    }
  }

  const submit = async () => {
    try {
      await run(tool.name, form.read());
    } catch (error) {
      failed(error.message);
    }
  };
  const form = argumentsForm(tool.inputSchema, submit);
  form.form.append(element("div", { class: "row" }, element("button", { class: "button go", type: "submit" }, "Try it")));
  return [form.form, place];
}
