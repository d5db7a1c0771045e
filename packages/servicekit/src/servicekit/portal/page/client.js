// An MCP client of revision 2026-07-28 over Streamable HTTP: each request stands alone.

import { accessToken } from "./sign_in.js";

const REVISION = "2026-07-28";
const hex = (bytes) => [...crypto.getRandomValues(new Uint8Array(bytes))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

// A refusal before the call: who calls, what may be called, how often.
export class Refusal extends Error {
  constructor(message, requestId) {
    super(message);
    this.requestId = requestId;
  }
}

// Text in a header; base64 where a header cannot carry it as it is.
function headerText(text) {
  if (/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !text.startsWith("=?base64?")) return text;
  return `=?base64?${btoa(String.fromCharCode(...new TextEncoder().encode(text)))}?=`;
}

let lastId = 0;

// The result of a request. `onProgress` is called with {progress, total, message}; `signal` cancels.
export async function request(server, method, params = {}, { onProgress, signal, traceId = hex(16) } = {}) {
  const meta = { "io.modelcontextprotocol/protocolVersion": REVISION, "io.modelcontextprotocol/clientCapabilities": {}, "io.modelcontextprotocol/clientInfo": { name: "portal", version: "1" } };
  const id = (lastId += 1);
  if (onProgress) meta.progressToken = id;
  const headers = {
    Authorization: `Bearer ${await accessToken(server)}`,
    Accept: "application/json, text/event-stream",
    "Content-Type": "application/json",
    "MCP-Protocol-Version": REVISION,
    "Mcp-Method": method,
    traceparent: `00-${traceId}-${hex(8)}-01`,
  };
  const name = params.name ?? params.uri;
  if (name !== undefined) headers["Mcp-Name"] = headerText(name);
  let answer;
  try {
    answer = await fetch(server.endpoint, { method: "POST", headers, signal, body: JSON.stringify({ jsonrpc: "2.0", id, method, params: { ...params, _meta: meta } }) });
  } catch (error) {
    if (signal?.aborted) throw new Error("Cancelled.");
    throw new Error(`${server.title} does not answer at ${server.endpoint}.`);
  }
  const requestId = answer.headers.get("X-Request-ID");
  const isStream = answer.headers.get("Content-Type")?.startsWith("text/event-stream");
  const message = isStream ? await lastEvent(answer, onProgress) : await answer.json().catch(() => ({}));
  if (message.result !== undefined) return { ...message.result, requestId };
  const words = message.error?.message ?? message.error_description ?? `The server answered ${answer.status}.`;
  throw new Refusal(words, requestId);
}

async function lastEvent(answer, onProgress) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    text += value ?? "";
    const events = text.split(/\r?\n\r?\n/);
    text = events.pop();
    for (const event of events) {
      const data = event.split(/\r?\n/).filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart()).join("\n");
      if (!data) continue;
      const message = JSON.parse(data);
      if (message.method === "notifications/progress") onProgress?.(message.params);
      else if (message.result !== undefined || message.error !== undefined) return message;
    }
    if (done) throw new Error("The answer ended too early. Whether the call took effect is not known.");
  }
}

// Every entry of a list that comes in pages.
export async function every(server, method, key) {
  const found = [];
  let cursor;
  do {
    const page = await request(server, method, cursor ? { cursor } : {});
    found.push(...page[key]);
    cursor = page.nextCursor;
  } while (cursor);
  return found;
}

export const newTraceId = () => hex(16);
