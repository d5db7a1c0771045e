// The URL holds the page's state. Once a second the page checks for new data.

const at = (id) => document.getElementById(id);
const state = Object.fromEntries(new URLSearchParams(location.search));
let known = -1;
let refreshes = 0;
let drawn = "";

async function load(path) {
  const answer = await fetch(path, { cache: "no-store" });
  if (!answer.ok && answer.status !== 404) throw new Error((await answer.json()).error);
  return answer.json();
}

function change(values) {
  Object.assign(state, values);
  const chosen = Object.entries(state).filter(([, value]) => value);
  history.replaceState(null, "", chosen.length ? `?${new URLSearchParams(chosen)}` : location.pathname);
  refresh();
}

async function refresh() {
  const mine = ++refreshes;
  const view = tables[state.view] ? state.view : "tools";
  const filters = new URLSearchParams(["service", "tool", "errors", "failures", "min_ms"].flatMap((name) => (state[name] ? [[name, state[name]]] : [])));
  const [table, tools, list, trace] = await Promise.all([
    load(`/api/${view}`),
    load("/api/tools"),
    load(`/api/traces?${filters}`).catch(() => ({ traces: [] })),
    state.trace ? load(`/api/traces/${encodeURIComponent(traceId(state.trace))}`) : null,
  ]);
  if (mine !== refreshes) return; // a later refresh has started
  const choose = ({ service = "", operation = "" }) => change({ service, tool: operation });
  for (const tab of document.querySelectorAll("[role=tab]")) tab.setAttribute("aria-selected", String(tab.dataset.view === view));
  at("window").textContent = tables[view].window;
  show(at("table"), overview(view, table[view], state, choose));
  const form = at("filters").elements;
  offer(form.service, "All services", tools.tools.map((row) => row.service), state.service);
  offer(form.tool, "All operations", tools.tools.filter((row) => !state.service || row.service === state.service).map((row) => row.operation), state.tool);
  if (document.activeElement !== form.min_ms) form.min_ms.value = state.min_ms ?? "";
  for (const name of ["errors", "failures"]) form[name].checked = Boolean(state[name]);
  show(at("list"), ...traceList(list.traces, state.trace && traceId(state.trace), (id) => change({ trace: id })));
  draw(trace, list.traces.length > 0);
}

function draw(trace, any) {
  const text = JSON.stringify(trace);
  if (text === drawn) return; // unchanged: keeps what the user opened and scrolled to
  drawn = text;
  if (trace === null) show(at("detail"), empty(any ? "Choose a trace to see where its time went." : "Traces appear here as calls are made."));
  else if (trace.error) show(at("detail"), empty(trace.error, " It appears here when it arrives."));
  else show(at("detail"), ...waterfall(trace));
}

function traceId(text) {
  return text.toLowerCase().match(/(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])/)?.[0] ?? text.trim();
}

async function watch() {
  try {
    const { version, spans, traces } = await load("/api/version");
    at("status").textContent = `${whole(spans)} ${spans === 1 ? "span" : "spans"} in ${whole(traces)} ${traces === 1 ? "trace" : "traces"}`;
    at("status").className = "";
    // Rates and ages change without new data.
    if (version !== known || Date.now() - (watch.last ?? 0) > 5000) {
      await refresh();
      known = version;
      watch.last = Date.now();
    }
  } catch {
    at("status").textContent = "The viewer does not answer. Is make up still running?";
    at("status").className = "away";
  }
  setTimeout(watch, 1000);
}

for (const tab of document.querySelectorAll("[role=tab]")) tab.addEventListener("click", () => change({ view: tab.dataset.view }));
at("find").addEventListener("submit", (event) => {
  event.preventDefault();
  change({ trace: traceId(at("find-id").value) });
});
at("find-id").addEventListener("paste", () => setTimeout(() => change({ trace: traceId(at("find-id").value) })));
at("filters").addEventListener("submit", (event) => event.preventDefault());
at("filters").addEventListener("input", (event) => {
  const form = event.currentTarget.elements;
  const { value } = form.min_ms;
  change({ service: form.service.value, tool: form.tool.value, errors: form.errors.checked ? "1" : "", failures: form.failures.checked ? "1" : "", min_ms: Number(value) > 0 ? value : "" });
});
at("theme").addEventListener("click", () => {
  const isDark = (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  localStorage.setItem("theme", (document.documentElement.dataset.theme = isDark ? "light" : "dark"));
});
if (localStorage.getItem("theme")) document.documentElement.dataset.theme = localStorage.getItem("theme");
if (state.trace) at("find-id").value = traceId(state.trace);
watch();
