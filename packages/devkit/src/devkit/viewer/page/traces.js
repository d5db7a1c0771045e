// The list of traces.

function traceList(traces, chosen, choose) {
  if (traces.length === 0) return [empty("No trace fits these filters.")];
  return traces.map((trace) => {
    const more = trace.calls > 1 ? element("span", { class: "soft" }, `  +${trace.calls - 1}`) : null;
    const where = [trace.services.join(", "), trace.method, trace.caller].filter(Boolean).join(" · ");
    return element(
      "button",
      {
        type: "button",
        class: trace.trace_id === chosen ? "trace chosen" : "trace",
        "data-key": trace.trace_id,
        "aria-current": trace.trace_id === chosen ? "true" : undefined,
        onclick: () => choose(trace.trace_id),
      },
      element("span", { class: "name" }, trace.name, more, outcomePill(trace)),
      element("span", { class: "time" }, duration(trace.duration_ms)),
      element("span", { class: "under" }, element("span", {}, where), element("span", {}, `${trace.spans} ${trace.spans === 1 ? "span" : "spans"} · ${ago(trace.start_ms)}`)),
    );
  });
}

function outcomePill({ errors, failures, outcome }) {
  return errors ? element("span", { class: failures ? "pill failed" : "pill" }, outcome || "error") : null;
}

// Keeps the chosen name even when it is not in the list.
function offer(select, all, names, chosen) {
  const wanted = [...new Set([...names, ...(chosen ? [chosen] : [])])].sort();
  if ([...select.options].slice(1).map((option) => option.value).join("\n") !== wanted.join("\n")) {
    show(select, element("option", { value: "" }, all), ...wanted.map((name) => element("option", { value: name }, name)));
  }
  select.value = chosen ?? "";
}
