// A form for the arguments of a tool, made from its input schema.

import { element, newId } from "./dom.js";

const LONG = /^(text|body|note|comment|content|message|description|instructions)$|_(text|body|note|message)$/;
const SHOWN = 4; // optional arguments beside the required ones; further ones are folded

// The form, and `read()`, which gives the arguments or throws what is wrong with them.
export function argumentsForm(schema, submit) {
  const required = new Set(schema.required ?? []);
  const names = Object.keys(schema.properties ?? {}).filter((name) => name !== "idempotency_key");
  const fields = new Map(names.map((name) => [name, field(name, schema.properties[name], required.has(name), schema.$defs ?? {})]));
  const first = names.filter((name) => required.has(name));
  const optional = names.filter((name) => !required.has(name) && name !== "cursor");
  const near = optional.filter((name) => name !== "fields" && name !== "limit").slice(0, SHOWN);
  const far = names.filter((name) => !first.includes(name) && !near.includes(name));
  const boxes = (chosen) => element("div", { class: "fields" }, chosen.map((name) => fields.get(name).node));
  const more = far.length ? element("details", { class: "more" }, element("summary", {}, `More arguments (${far.length})`), boxes(far)) : null;
  const form = element("form", { class: "form", novalidate: true }, boxes([...first, ...near]), more);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  // A key for each new set of arguments: sent twice, the same arguments have one effect.
  let last = "";
  let key = "";
  const read = () => {
    const given = {};
    for (const [name, { value, control }] of fields) {
      const found = value();
      control.setAttribute("aria-invalid", String(found === undefined && required.has(name)));
      if (found !== undefined) given[name] = found;
      else if (required.has(name)) {
        control.focus();
        throw new Error(`${name} is needed.`);
      }
    }
    if (schema.properties?.idempotency_key) {
      const text = JSON.stringify(given);
      if (text !== last) [last, key] = [text, crypto.randomUUID()];
      given.idempotency_key = key;
    }
    return given;
  };
  return { form, read, set: (name, value) => fields.get(name)?.set(value), renew: () => (last = "") };
}

function field(name, given, isRequired, definitions) {
  const schema = plain(given, definitions);
  const id = newId("argument");
  const hint = schema.description ? element("span", { class: "hint", id: `${id}-hint` }, schema.description) : null;
  const described = hint ? `${id}-hint` : undefined;
  const words = [element("code", {}, name), isRequired ? element("span", { class: "soft" }, " needed") : null];
  const made = control(name, schema, { id, "aria-describedby": described, "aria-required": isRequired ? "true" : undefined });
  if (made.group) return { ...made, control: made.node, node: element("fieldset", { class: "field", tabindex: "-1" }, element("legend", {}, words), made.node, hint) };
  return { ...made, control: made.node, node: element("div", { class: "field" }, element("label", { class: "label", for: id }, words), made.node, hint) };
}

// The schema without references and without `null`, which an absent argument stands for.
function plain(schema, definitions) {
  const { description } = schema;
  let found = schema.$ref ? (definitions[schema.$ref.split("/").pop()] ?? {}) : schema;
  const kinds = (found.anyOf ?? found.oneOf ?? []).filter((one) => one.type !== "null");
  if (kinds.length === 1) found = plain(kinds[0], definitions);
  return { ...found, description: description ?? found.description };
}

function control(name, schema, attributes) {
  if (schema.enum || schema.const !== undefined) return choice(schema.enum ?? [schema.const], attributes);
  if (schema.type === "boolean") return choice(["yes", "no"], attributes, { yes: true, no: false });
  if (schema.type === "integer" || schema.type === "number") {
    return line({ ...attributes, type: "text", inputmode: "decimal", placeholder: placeholder(schema) }, (text) => {
      const number = Number(text);
      if (!Number.isFinite(number)) throw new Error(`${name}: ${text} is not a number.`);
      return number;
    });
  }
  if (schema.type === "array" && schema.items?.enum) return choices(schema.items.enum);
  if (schema.type === "array" && ["string", "integer", "number"].includes(schema.items?.type)) {
    const number = schema.items.type !== "string";
    return area({ ...attributes, placeholder: "one per line" }, (text) => text.split("\n").map((part) => part.trim()).filter(Boolean).map((part) => (number ? Number(part) : part)));
  }
  if (schema.type === "string" || schema.type === undefined || Array.isArray(schema.type)) {
    const make = LONG.test(name) ? area : line;
    return make({ ...attributes, type: make === line ? "text" : undefined, placeholder: placeholder(schema), autocomplete: "off" }, (text) => text);
  }
  return area({ ...attributes, class: "json", placeholder: JSON.stringify(sample(schema), null, 1), spellcheck: "false" }, (text) => {
    try {
      return JSON.parse(text);
    } catch {
      throw new Error(`${name}: write it as JSON, such as ${JSON.stringify(sample(schema))}`);
    }
  });
}

const placeholder = (schema) => (schema.default !== undefined && schema.default !== null ? String(schema.default) : "");

function line(attributes, read) {
  const node = element("input", attributes);
  return { node, value: () => (node.value.trim() === "" ? undefined : read(node.value.trim())), set: (value) => (node.value = value) };
}

function area({ type, ...attributes }, read) {
  const node = element("textarea", { rows: "2", ...attributes });
  const write = (value) => (node.value = Array.isArray(value) && value.every((one) => typeof one !== "object") ? value.join("\n") : typeof value === "string" ? value : JSON.stringify(value));
  return { node, value: () => (node.value.trim() === "" ? undefined : read(node.value)), set: write };
}

function choice(values, attributes, meanings = {}) {
  const node = element("select", attributes, element("option", { value: "" }, "–"), values.map((value) => element("option", { value: String(value) }, String(value))));
  return { node, value: () => (node.value === "" ? undefined : (meanings[node.value] ?? node.value)), set: (value) => (node.value = String(value)) };
}

function choices(values) {
  const boxes = values.map((value) => element("input", { type: "checkbox", value }));
  const node = element("div", { class: "choices" }, boxes.map((box) => element("label", {}, box, box.value)));
  const chosen = () => boxes.filter((box) => box.checked).map((box) => box.value);
  return { node, group: true, value: () => (chosen().length ? chosen() : undefined), set: (given) => boxes.forEach((box) => (box.checked = given.includes(box.value))) };
}

// What an argument with inner parts looks like.
function sample(schema) {
  if (schema.type === "array") return [sample(schema.items ?? {})];
  if (schema.type === "object" || schema.properties) return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, part]) => [name, sample(part)]));
  return schema.enum?.[0] ?? { integer: 1, number: 1, boolean: true }[schema.type] ?? "…";
}
