// The page: its servers, and one of them in full.

import { at, button, copyable, element, say, tabs } from "./dom.js";
import { finish } from "./sign_in.js";
import { toolsSection } from "./tools.js";
import { callsSection } from "./calls.js";

const page = await (await fetch("portal/portal.json", { cache: "no-store" })).json();
const servers = [];

async function load(url) {
  try {
    const answer = await fetch(url, { cache: "no-store" });
    return await answer.json(); // a server that does not work says so with status 503
  } catch {
    return null;
  }
}

// A server of this page, or of another origin, which says itself what it is.
async function found(entry) {
  const server = entry.document ? { ...entry, ...(await load(entry.document))?.servers[0] } : entry;
  if (!server.endpoint) return server;
  const { status } = (await load(new URL("/health", server.endpoint))) ?? {};
  return { ...server, status };
}

async function start() {
  let problem = "";
  await finish().catch((error) => (problem = error.message));
  servers.push(...(await Promise.all(page.servers.map(found))));
  draw();
  addEventListener("hashchange", draw);
  if (problem) at("main").prepend(element("p", { class: "refused", role: "alert" }, problem));
}

const chosen = () => servers.find((one) => one.name === decodeURIComponent(location.hash.slice(1))) ?? servers[0];

function draw() {
  const server = chosen();
  at("main").replaceChildren(...[servers.length > 1 ? overview(server) : null, ...full(server)].filter(Boolean));
}

function overview(current) {
  const card = (server) =>
    element(
      "li",
      {},
      element(
        "button",
        { type: "button", class: "card", "aria-current": server === current ? "true" : undefined, onclick: () => (location.hash = server.name) },
        element("b", {}, element("span", { class: DOTS[server.status] ?? "dot bad", "aria-hidden": "true" }), server.title, element("span", { class: "pill" }, STATUS[server.status] ?? "does not answer")),
        element("span", { class: "purpose" }, server.purpose ?? ""),
      ),
    );
  return element("nav", { "aria-label": "Servers" }, element("ul", { class: "servers" }, servers.map(card)));
}

const STATUS = { ok: "works", degraded: "works in part", unavailable: "does not work now", draining: "stops now" };
const DOTS = { ok: "dot", degraded: "dot odd" };

function full(server) {
  if (!server.endpoint) {
    const words = `${server.title} does not answer. When it runs again, open this page again.`;
    return [element("section", { class: "card section" }, element("h2", {}, server.title), element("p", {}, words))];
  }
  const parts = [intro(server), connect(server)];
  if (server.offers !== "connect") {
    const calls = callsSection(server, page.telemetry);
    parts.push(toolsSection(server, calls), calls.node);
  }
  return parts;
}

function intro(server) {
  const examples = server.examples.map((example) =>
    element("li", {}, button(example, async () => {
      await navigator.clipboard.writeText(example);
      say(`Copied: ${example}`);
    }, { class: "", title: "Copy this question" })),
  );
  return element(
    "section",
    { class: "card intro", "aria-label": server.title },
    element("div", { class: "row" }, element("h2", {}, server.title), element("span", { class: "pill" }, `version ${server.version}`), element("span", { class: server.status === "ok" ? "pill" : "pill odd" }, STATUS[server.status])),
    element("p", {}, server.purpose),
    examples.length ? [element("p", { class: "soft" }, "Ask, for example (a click copies the question):"), element("ul", { class: "examples" }, examples)] : null,
  );
}

function connect(server) {
  const panels = server.connections.map((one) => [one.title, () => connection(one)]);
  const remembered = localStorage.getItem("client");
  return element(
    "section",
    { class: "card section", "aria-labelledby": "connect" },
    element("h3", { id: "connect" }, "Connect"),
    element("p", {}, "The endpoint is ", element("code", {}, server.endpoint), ". Sign-in is OAuth, in the browser."),
    server.bundle ? element("p", {}, "For desktop applications: ", element("a", { href: server.bundle }, "bundle (.mcpb)"), ".") : null,
    panels.length ? tabs("Clients", panels, remembered, (client) => localStorage.setItem("client", client)) : null,
  );
}

const KINDS = { command: "Run this in a terminal:", snippet: "In a program:", address: "Paste this address:" };

function connection({ title, kind, text, place, link, note, usable }) {
  const opens = link.startsWith("https:") ? `Open ${title}` : `Add to ${title}`;
  return [
    usable ? null : element("p", { class: "refused" }, note),
    link && usable ? element("p", {}, element("a", { class: "button go", href: link }, opens)) : null,
    element("p", {}, kind === "file" ? [link ? "Or add this to " : "Add this to ", element("code", {}, place), ":"] : KINDS[kind]),
    copyable(text, `${title}: ${place || "what to paste"}`),
    usable ? element("p", { class: "soft" }, note) : null,
  ].filter(Boolean);
}

at("theme").addEventListener("click", () => {
  const isDark = (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  localStorage.setItem("theme", (document.documentElement.dataset.theme = isDark ? "light" : "dark"));
});
if (localStorage.getItem("theme")) document.documentElement.dataset.theme = localStorage.getItem("theme");

// Sign-in comes back to the home of the page, and servers answer that origin only.
if (page.home && new URL(page.home).origin !== location.origin) location.replace(page.home);
else await start();
