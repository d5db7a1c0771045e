// What happened: the calls of this page with the words of refusals, then those that the server or the stack remembers.

import { element } from "./dom.js";
import { request } from "./client.js";

const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export function callsSection(server, telemetry) {
  const own = [];
  const here = element("div", {});
  const before = element("div", {});
  const node = element("section", { class: "card section", "aria-labelledby": "calls" }, element("h3", { id: "calls" }, "What happened"), here, before);
  let journal = null;
  draw();
  if (telemetry) traces();
  return { node, add, signedIn };

  function add(call) {
    own.unshift(call);
    own.length = Math.min(own.length, 50);
    draw();
    if (telemetry) setTimeout(traces, 6000); // servers export every 5 s
    else if (journal) actions();
  }

  function draw() {
    const rows = own.map((call) => row(call.tool, call.outcome, `${time.format(call.at)} · ${Math.round(call.ms)} ms`, call.words, call.traceId, call.requestId));
    here.replaceChildren(rows.length ? element("ul", { class: "calls" }, rows) : element("p", { class: "soft" }, "No call from this page yet."));
  }

  function row(name, outcome, when, words, traceId, requestId) {
    const kind = outcome === "refused" ? "pill failed" : outcome === "done" || outcome === "ok" ? "pill" : "pill odd";
    const trace = telemetry && traceId ? element("a", { href: `${telemetry}?trace=${traceId}` }, "trace") : null;
    const where = trace ?? (requestId ? element("span", { class: "soft mono" }, `request ${requestId}`) : null);
    return element("li", {}, element("span", {}, element("b", {}, name), " ", element("span", { class: kind }, outcome)), element("span", { class: "soft" }, when, " ", where), words ? element("span", { class: "under" }, words) : null);
  }

  // The calls of every client, from the telemetry viewer of the development stack.
  async function traces() {
    const answer = await fetch(`/api/traces?service=${encodeURIComponent(server.name)}`).catch(() => null);
    if (!answer?.ok) return;
    const found = (await answer.json()).traces.filter((trace) => trace.method === "tools/call").slice(0, 15);
    const rows = found.map((trace) => row(trace.name, trace.errors ? trace.outcome || "refused" : "ok", `${trace.caller} · ${time.format(trace.start_ms)} · ${Math.round(trace.duration_ms)} ms`, "", trace.trace_id));
    if (rows.length) before.replaceChildren(element("p", { class: "soft" }, "Lately, by all clients:"), element("ul", { class: "calls" }, rows));
  }

  // One's own writes, from the audit trail.
  async function actions() {
    const result = await request(server, "tools/call", { name: journal, arguments: { limit: 15 } }).catch(() => null);
    const rows = (result?.structuredContent?.items ?? []).map((entry) => row(entry.operation, entry.outcome, `${entry.client_id} · ${new Date(entry.at).toLocaleString()}`, ""));
    if (rows.length) before.replaceChildren(element("p", { class: "soft" }, "Your calls that the audit trail has, through any client:"), element("ul", { class: "calls" }, rows));
  }

  function signedIn(tools) {
    journal = tools.find((tool) => tool.name.endsWith("_list_my_actions"))?.name ?? null;
    if (journal && !telemetry) actions();
  }
}
