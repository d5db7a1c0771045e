// A trace as a waterfall of spans.

const categories = { call: "Server", pipeline: "Pipeline", sql: "SQL", redis: "Redis", http: "HTTP" };
const opened = new Set();

function waterfall(trace) {
  const total = Math.max(trace.duration_ms, 0.001);
  return [
    element(
      "div",
      { class: "head" },
      element(
        "div",
        { class: "title" },
        element("h2", {}, trace.name),
        outcomePill(trace),
        element("button", { type: "button", class: "copy mono", title: "Copy the trace id", "data-key": "copy", onclick: copy }, trace.trace_id),
      ),
      facts(trace),
      ...shares(trace.rows),
    ),
    element("div", { class: "axis" }, element("span", {}, "Span"), ticks(total)),
    element("div", { id: "spans" }, ...trace.rows.flatMap((row) => spanRow(row, total, trace.services.length > 1))),
    trace.dropped ? empty(`${whole(trace.dropped)} more spans of this trace did not fit in memory.`) : null,
    trace.logs.length ? logs(trace.logs) : null,
  ].filter(Boolean);
}

const fact = (name, value) => element("span", {}, `${name} `, element("b", {}, value));

function facts(trace) {
  return element(
    "p",
    { class: "facts" },
    fact("took", duration(trace.duration_ms)),
    fact("at", clock.format(trace.start_ms)),
    fact(trace.services.length > 1 ? "services" : "service", trace.services.join(", ")),
    trace.method ? fact("method", trace.method) : null,
    trace.caller ? fact("caller", trace.caller) : null,
    fact("spans", whole(trace.spans)),
  );
}

function shares(rows) {
  const spent = {};
  for (const row of rows) spent[row.category] = (spent[row.category] ?? 0) + row.self_ms;
  const sum = Object.values(spent).reduce((one, other) => one + other, 0) || 1;
  const shown = Object.keys(categories).filter((category) => spent[category] !== undefined);
  const part = (category) => element("i", { "data-category": category, place: { flexGrow: String(spent[category] / sum) } });
  const words = (category) =>
    element("span", { "data-category": category }, element("i"), `${categories[category]} `, element("b", {}, duration(spent[category])), ` ${((100 * spent[category]) / sum).toFixed(0)} %`);
  return [element("div", { class: "shares", "aria-hidden": "true" }, ...shown.map(part)), element("p", { class: "legend" }, ...shown.map(words))];
}

function ticks(total) {
  const places = [0, 0.25, 0.5, 0.75, 1];
  return element("span", { class: "ticks" }, ...places.map((place) => element("span", { place: { left: `${100 * place}%` } }, place ? duration(place * total) : "0")));
}

function spanRow(row, total, several) {
  const percent = (milliseconds) => `${(100 * Math.min(Math.max(milliseconds / total, 0), 1)).toFixed(3)}%`;
  const isLate = (row.offset_ms + row.duration_ms) / total > 0.8;
  const took = isLate
    ? element("span", { class: "took before", place: { left: percent(row.offset_ms) } }, duration(row.duration_ms))
    : element("span", { class: "took", place: { left: percent(row.offset_ms + row.duration_ms) } }, duration(row.duration_ms));
  const fillsTheLane = row.offset_ms / total < 0.25 && isLate;
  const lane = element(
    "span",
    { class: "lane" },
    element("span", { class: "whole", place: { left: percent(row.offset_ms), width: percent(row.duration_ms) } }),
    ...row.self.map(([offset, length]) => element("span", { class: "piece", place: { left: percent(offset), width: percent(length) } })),
    fillsTheLane ? null : took,
  );
  const label = element(
    "span",
    { class: "label", place: { paddingLeft: `${12 * Math.min(row.depth, 12)}px` } },
    element("span", { class: "dot" }),
    element("span", { class: "text", title: row.name }, row.name),
    several ? element("span", { class: "of" }, row.service) : null,
    fillsTheLane ? element("span", { class: "of" }, duration(row.duration_ms)) : null,
  );
  const inside = element("div", { class: "inside", hidden: !opened.has(row.span_id) });
  const head = element(
    "button",
    {
      type: "button",
      class: row.error ? "span failed" : "span",
      "data-category": row.category,
      "data-key": row.span_id,
      "aria-expanded": String(opened.has(row.span_id)),
      onclick: () => {
        if (!opened.delete(row.span_id)) opened.add(row.span_id);
        fill();
      },
    },
    label,
    lane,
  );
  function fill() {
    const isOpen = opened.has(row.span_id);
    head.setAttribute("aria-expanded", String(isOpen));
    inside.hidden = !isOpen;
    if (isOpen && inside.childElementCount === 0) inside.append(...spanDetail(row));
  }
  fill();
  return [head, inside];
}

function spanDetail(row) {
  const pairs = (attributes) => Object.entries(attributes).sort().flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, plainText(value))]);
  const parts = [
    element(
      "p",
      { class: "facts" },
      fact(categories[row.category], duration(row.duration_ms)),
      fact("self time", duration(row.self_ms)),
      fact("starts after", duration(row.offset_ms)),
      fact("service", row.service),
      fact("span", row.span_id),
    ),
  ];
  if (row.status) parts.push(element("div", {}, element("h3", {}, "Status"), element("p", { class: "bad" }, row.status)));
  if (Object.keys(row.attributes).length) parts.push(element("div", {}, element("h3", {}, "Attributes"), element("dl", {}, ...pairs(row.attributes))));
  for (const event of row.events) {
    const { "exception.stacktrace": stack, ...rest } = event.attributes;
    const title = element("h3", { class: event.name === "exception" ? "bad" : undefined }, `${event.name} after ${duration(Math.max(event.offset_ms, 0))}`);
    parts.push(element("div", {}, title, element("dl", {}, ...pairs(rest)), stack === undefined ? null : element("pre", {}, plainText(stack))));
  }
  return parts;
}

function logs(records) {
  const line = (record) =>
    element(
      "div",
      { class: "log" },
      element("span", { class: "soft" }, `+${duration(Math.max(record.offset_ms, 0))}`),
      element("span", { class: /error|fatal|critical/i.test(record.severity) ? "bad" : "soft" }, record.severity.toLowerCase()),
      element("span", {}, plainText(record.body), element("span", { class: "soft" }, `  ${attributesInWords(record.attributes)}`)),
    );
  return element("div", { class: "logs" }, element("h3", {}, "Log"), ...records.map(line));
}

async function copy(event) {
  const button = event.currentTarget;
  const id = button.textContent;
  await navigator.clipboard.writeText(id);
  button.textContent = "copied";
  setTimeout(() => (button.textContent = id), 900);
}
