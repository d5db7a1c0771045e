// The overview: a row per tool, per caller, or per metric series.

const count = (title, key) => ({ title, key, number: true, cell: (row) => whole(row[key]) });
const objective = 1000; // ms for 95 % of the calls (docs/operations.md)
const latency = (title, key) => ({
  title,
  key,
  number: true,
  cell: (row) => (row[key] > objective ? element("span", { class: "slow" }, duration(row[key])) : duration(row[key])),
});
const part = (title, key, look, meaning) => ({
  title,
  key,
  meaning,
  number: true,
  cell: (row) => (row[key] === 0 ? "0" : element("span", { class: look }, `${whole(row[key])} (${((100 * row[key]) / row.calls).toFixed(1)} %)`)),
});
const measured = [
  count("Calls", "calls"),
  { title: "Rate", key: "rate_per_second", number: true, cell: (row) => rate(row.rate_per_second) },
  part("Failed", "failures", "bad", "Crash, timeout or unavailable dependency"),
  part("Refused", "refusals", "odd", "Invalid arguments, missing permission, rate limit or business rule"),
  latency("p50", "p50_ms"),
  latency("p95", "p95_ms"),
  latency("p99", "p99_ms"),
  { title: "Last 15 min", number: true, cell: (row) => sparkline(row) },
];

const tables = {
  tools: {
    window: "The last 15 minutes. A row filters the traces below.",
    nothing: ["No calls in the last 15 minutes. Make one: ", element("code", {}, "make call SERVICE=orders")],
    key: (row) => `${row.service} ${row.method} ${row.operation}`,
    columns: [
      { title: "Operation", key: "operation", cell: (row) => element("span", { class: "name" }, row.operation) },
      { title: "Service", key: "service", cell: (row) => row.service },
      { title: "Method", key: "method", class: "method", cell: (row) => element("span", { class: "soft" }, row.method) },
      ...measured,
    ],
  },
  callers: {
    window: "The last 15 minutes, by caller.",
    nothing: ["No calls in the last 15 minutes."],
    key: (row) => `${row.service} ${row.client} ${row.caller}`,
    columns: [
      { title: "Caller", key: "caller", cell: (row) => element("span", { class: "name" }, row.caller || "unknown") },
      { title: "Client", key: "client", cell: (row) => row.client || "unknown" },
      { title: "Service", key: "service", cell: (row) => row.service },
      ...measured,
    ],
  },
  metrics: {
    window: "The latest value of every series.",
    nothing: ["No metrics have arrived. Servers export theirs every few seconds."],
    key: (row) => `${row.service} ${row.name} ${JSON.stringify(row.attributes)}`,
    columns: [
      { title: "Metric", key: "name", cell: (row) => element("span", { class: "name", title: row.description }, row.name) },
      { title: "Service", key: "service", cell: (row) => row.service },
      { title: "Attributes", class: "wrap", cell: (row) => element("span", { class: "soft" }, attributesInWords(row.attributes)) },
      { title: "Value", key: "value", number: true, cell: measurement },
    ],
  },
};

let sorting = { key: "calls", descending: true };

function overview(view, rows, chosen, choose) {
  const table = tables[view];
  if (rows.length === 0) return empty(...table.nothing);
  const order = table.columns.some((column) => column.key === sorting.key) ? sorting : { key: table.columns[0].key };
  const counted = rows.map((row) => ({ ...row, refusals: row.errors - row.failures }));
  const body = counted.sort(by(order)).map((row) => {
    const isChosen = view === "tools" && row.service === chosen.service && row.operation === chosen.tool;
    const cells = table.columns.map((column, place) => {
      const content = column.cell(row);
      const linked = place === 0 && view === "tools";
      const inside = linked
        ? element("button", { type: "button", "data-key": table.key(row), "aria-pressed": String(isChosen) }, content)
        : content;
      return element("td", { class: column.number ? "number" : column.class }, inside);
    });
    const whenClicked = view === "tools" ? () => choose(isChosen ? {} : row) : undefined;
    return element("tr", { class: isChosen ? "chosen" : undefined, onclick: whenClicked ?? (() => {}) }, ...cells);
  });
  return element("table", {}, element("thead", {}, headings(table.columns, order)), element("tbody", {}, ...body));
}

function headings(columns, order) {
  const cells = columns.map((column) => {
    const isOrder = column.key !== undefined && column.key === order.key;
    const direction = isOrder ? (order.descending ? "descending" : "ascending") : undefined;
    const title = column.key === undefined ? column.title : element("button", { type: "button", "data-key": `sort ${column.key}`, onclick: () => sortBy(column) }, column.title);
    return element("th", { scope: "col", title: column.meaning, class: column.number ? "number" : column.class, "aria-sort": direction }, title);
  });
  return element("tr", {}, ...cells);
}

function sortBy(column) {
  const descending = sorting.key === column.key ? !sorting.descending : Boolean(column.number);
  sorting = { key: column.key, descending };
  refresh();
}

function by({ key, descending }) {
  const direction = descending ? -1 : 1;
  return (one, other) => {
    const [a, b] = [one[key] ?? one.count ?? "", other[key] ?? other.count ?? ""];
    return direction * (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));
  };
}

function attributesInWords(attributes) {
  return Object.entries(attributes).map(([name, value]) => `${name}=${plainText(value)}`).join(", ") || "–";
}

function measurement(row) {
  const unit = row.unit.replace(/[{}]/g, "");
  if (row.count === undefined) {
    const value = typeof row.value === "number" ? row.value.toLocaleString("en", { maximumFractionDigits: 3 }) : row.value;
    return element("span", {}, value, element("span", { class: "unit" }, unit === "1" ? "" : ` ${unit}`));
  }
  const text = (value) => (unit === "s" && typeof value === "number" ? duration(1000 * value) : `${plainText(value)} ${unit}`);
  const spread = ` · mean ${text(row.mean)} · p95 ≤ ${text(row.p95)}`;
  return element("span", {}, whole(row.count), element("span", { class: "unit" }, spread));
}

function sparkline({ steps: calls, error_steps: errors, failure_steps: failures }) {
  const most = Math.max(1, ...calls);
  const bars = (values, name) =>
    drawing("path", {
      class: name,
      d: values.map((value, place) => (value ? `M${2 * place} 24V${24 - Math.max(1.5, (22 * value) / most)}h1.7V24z` : "")).join(""),
    });
  const base = drawing("path", { class: "base", d: "M0 23.5H180" });
  const label = `${calls.reduce((sum, value) => sum + value, 0)} calls, at most ${most} in 10 seconds`;
  return drawing("svg", { class: "spark", viewBox: "0 0 180 24", role: "img", "aria-label": label }, base, bars(calls, "calls"), bars(errors, "errors"), bars(failures, "failures"));
}
