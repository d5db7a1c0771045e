// What a call gave, for people: a table, a record, a chart or text; a preview as a card to confirm.

import { button, element } from "./dom.js";

const isRecord = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isTable = (value) => Array.isArray(value) && value.length > 0 && value.every(isRecord);
const isCompact = (value) => isRecord(value) && Array.isArray(value.columns) && Array.isArray(value.rows);
// Rows with the names of their columns, which a compact table has once.
const rowsOf = ({ columns, rows }) => rows.map((row) => Object.fromEntries(row.map((cell, place) => [columns[place], cell])));
const words = (name) => name.replaceAll("_", " ");
const FIRST = ["notice", "summary", "explanation", "answer"]; // what a result says in a sentence
const isId = (name) => name === "id" || name.endsWith("_id");

// `actions`: {confirm(code), page(cursor), read(uri)}.
export function resultView(result, actions) {
  const data = result.structuredContent;
  if (result.isError) return [element("div", { class: "refused", role: "alert" }, texts(result) || "The call failed."), rest(result, actions)];
  if (data?.status === "confirmation_required") return [confirmation(data, actions), raw(result)];
  const shown = [rest(result, actions)];
  if (data !== undefined) shown.push(record(data));
  else if (texts(result)) shown.push(element("pre", { class: "text", tabindex: "0", "aria-label": "Result" }, written(texts(result))));
  if (data?.next_cursor && actions.page) shown.push(element("div", {}, button("Next page", () => actions.page(data.next_cursor))));
  if (!shown.flat().some(Boolean)) shown.push(element("p", { class: "soft" }, "Done. The tool returned nothing."));
  return [...shown, raw(result)];
}

const texts = (result) => (result.content ?? []).filter((block) => block.type === "text").map((block) => block.text).join("\n\n");

// Blocks other than text. The text before an image describes it.
function rest(result, actions) {
  let before = "";
  return (result.content ?? []).map((block) => {
    if (block.type === "text") before = block.text;
    if (block.type === "image") return element("figure", {}, element("img", { src: `data:${block.mimeType};base64,${block.data}`, alt: before }));
    if (block.type === "audio") return element("p", { class: "soft" }, `Audio (${block.mimeType}): ${before}`);
    if (block.type === "resource_link") return link(block, actions);
    if (block.type === "resource") return element("pre", { class: "text", tabindex: "0", "aria-label": block.resource.uri }, block.resource.text ?? `${block.resource.uri} (${block.resource.mimeType})`);
    return null;
  });
}

function link(block, actions) {
  const place = element("div", {});
  const read = button("Read", async () => place.replaceChildren(element("pre", { class: "text", tabindex: "0", "aria-label": block.uri }, await actions.read(block.uri))));
  return element("div", {}, element("div", { class: "row" }, element("code", {}, block.uri), block.title ?? block.name ?? "", read), place);
}

function raw(result) {
  const { requestId, ...plain } = result;
  return element("details", { class: "more" }, element("summary", {}, "As JSON"), element("pre", { class: "text", tabindex: "0", "aria-label": "The result as JSON" }, JSON.stringify(plain, null, 2)));
}

function record(data) {
  if (Array.isArray(data)) return isTable(data) ? table(data) : element("p", {}, data.join(", ") || "None.");
  if (!isRecord(data)) return element("p", {}, written(plain(data)));
  const named = Object.entries(data).filter(([name, value]) => value !== null && name !== "next_cursor");
  const parts = named.map(([name, value]) => [name, isCompact(value) ? rowsOf(value) : value]);
  const isFirst = ([name, value]) => FIRST.includes(name) && typeof value === "string";
  const [first, tables] = [parts.filter(isFirst), parts.filter(([, value]) => isTable(value))];
  const others = parts.filter((part) => !isFirst(part) && !isTable(part[1]));
  return [
    first.length ? list(first) : null,
    tables.map(([name, value]) => [element("h4", {}, `${words(name)} (${value.length})`), table(value)]),
    others.length ? list(others) : null,
  ];
}

function list(parts) {
  return element("dl", {}, parts.map(([name, value]) => [element("dt", {}, words(name)), element("dd", {}, isRecord(value) && money(value) === null ? inner(value) : written(plain(value)))]));
}

// A record of few plain values on one line, else with a line for each.
function inner(value) {
  const parts = Object.entries(value).filter(([, part]) => part !== null);
  const isSmall = parts.length <= 3 && parts.every(([, part]) => typeof part !== "object");
  return isSmall ? written(line(parts)) : list(parts);
}

const line = (parts) => parts.map(([name, part]) => `${words(name)} ${part}`).join(", ");

function plain(value) {
  if (value === null || value === undefined) return "–";
  if (value === true) return "yes";
  if (value === false) return "no";
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(plain).join(value.some((one) => typeof one === "object") ? "\n" : ", ");
  if (isRecord(value)) return money(value) ?? line(Object.entries(value).map(([name, part]) => [name, plain(part)]));
  return String(value);
}

// Text that people wrote, with the marks around it taken off: who wrote it is in its title.
const WRITTEN = /<user_content(?: source="([^"]*)")?>([\s\S]*?)<\/user_content>/g;

function written(text) {
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(WRITTEN)) {
    parts.push(text.slice(end, found.index), element("span", { class: "written", title: `Written by: ${found[1] ?? "people"}` }, found[2]));
    end = found.index + found[0].length;
  }
  return [...parts, text.slice(end)];
}

// A sum of money in its currency's units, from minor units; null for another record.
function money(value) {
  const { amount_minor: amount, currency, ...others } = value;
  if (typeof amount !== "number" || typeof currency !== "string" || Object.keys(others).length > 0) return null;
  try {
    const format = new Intl.NumberFormat("en", { style: "currency", currency, currencyDisplay: "code" });
    return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
  } catch {
    return null; // no currency
  }
}

function table(rows) {
  const columns = [...new Set(rows.flatMap(Object.keys))].filter((name) => rows.some((row) => row[name] !== null && row[name] !== undefined));
  columns.sort((one, other) => isId(one) - isId(other)); // names before ids
  const isNumber = (name) => rows.every((row) => row[name] === null || row[name] === undefined || typeof row[name] === "number");
  const cell = (row, name) => {
    const text = plain(row[name]);
    return element("td", { class: isNumber(name) ? "number" : text.length <= 40 ? "short" : undefined }, written(text));
  };
  return element(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table" },
    element("table", {}, element("thead", {}, element("tr", {}, columns.map((name) => element("th", { scope: "col" }, words(name))))), element("tbody", {}, rows.map((row) => element("tr", {}, columns.map((name) => cell(row, name)))))),
  );
}

// The card by which a person agrees, with what a client would show: the effect and the arguments it has.
function confirmation(data, actions) {
  const { status, next_step, code, expires_at, effect, shown, ...further } = data;
  const others = Object.entries(further).filter(([, value]) => value !== null);
  const card = element(
    "div",
    { class: "confirm", role: "group", "aria-label": "Confirm" },
    element("h4", {}, "Nothing was done yet. Do you agree?"),
    element("p", {}, effect),
    isRecord(shown) ? list(Object.entries(shown)) : null,
    others.length ? element("details", { class: "more" }, element("summary", {}, "More about it"), record(Object.fromEntries(others))) : null,
    element("p", { class: "soft" }, `Code ${code}, valid once, until ${new Date(expires_at).toLocaleTimeString()}.`),
  );
  const answer = element("div", { class: "row" });
  answer.append(
    button("Yes, do it", () => actions.confirm(code), { go: true }),
    button("No", () => card.replaceChildren(element("p", {}, "Not done. The code is not used, and ends by itself."))),
  );
  card.append(answer);
  return card;
}
