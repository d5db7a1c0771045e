"""A scripted model: speaks the wire formats of three model APIs, and calls the tool that the script names.

It is no model. It answers a request with a call of the wanted tool while the last message is the user's, and with
"Done." once it has been given the tool's result.
"""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ME = "scripted-model"


class ScriptedModel:
    """The endpoint, on a free port of 127.0.0.1.

    Attributes:
        tools: the names of the tools that the last request offered.
        texts: the requests that came, as JSON texts.
        results: the texts of tool results that came.
    """

    def __init__(self) -> None:
        self.wanted: tuple[str, dict[str, Any]] | None = None
        self.tools: list[str] = []
        self.texts: list[str] = []
        self.results: list[str] = []
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                events = model.answer(self.path, json.loads(body or b"{}"))
                text = "".join(events).encode()
                self.send_response(200)
                kind = "text/event-stream" if text.startswith((b"event:", b"data:")) else "application/json"
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def do_GET(self) -> None:
                self.send_response(404)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def want(self, tool: str, arguments: dict[str, Any]) -> None:
        """Call the tool whose name ends so, once."""
        self.wanted = (tool, arguments)
        self.results = []
        self.texts = []

    def answer(self, path: str, body: dict[str, Any]) -> Iterator[str]:
        """The answer to a request, as its API writes it."""
        self.texts.append(json.dumps(body, ensure_ascii=False))
        if "count_tokens" in path or "countTokens" in path:
            return iter([json.dumps({"input_tokens": 1, "totalTokens": 1})])
        if "generateContent" in path or "streamGenerateContent" in path:
            return self._gemini(path, body)
        return self._responses(body) if path.endswith("/responses") else self._messages(body)

    def _next(self, tools: list[str], results: list[str]) -> tuple[str, dict[str, Any]] | None:
        """The call to answer with; None once its result has come, or where the tool is not offered."""
        if len(tools) > 1:
            self.tools = tools
        if results:
            self.results = results
            return None
        if self.wanted is None:
            return None
        name, arguments = self.wanted
        found = next((tool for tool in tools if tool == name or tool.endswith((f"_{name}", NAMESPACE + name))), None)
        return (found, arguments) if found else None

    def _messages(self, body: dict[str, Any]) -> Iterator[str]:
        """Anthropic's Messages API, streamed: https://docs.anthropic.com/en/api/messages-streaming"""
        blocks = [
            block
            for message in body.get("messages", [])
            if isinstance(message["content"], list)
            for block in message["content"]
        ]
        results = [text_of(block.get("content")) for block in blocks if block.get("type") == "tool_result"]
        call = self._next([tool["name"] for tool in body.get("tools") or []], results)
        block: dict[str, Any] = {"type": "text", "text": ""}
        delta: dict[str, Any] = {"type": "text_delta", "text": "Done."}
        if call:
            block = {"type": "tool_use", "id": "toolu_1", "name": call[0], "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(call[1])}
        usage = {"input_tokens": 1, "output_tokens": 1}
        stop = "tool_use" if call else "end_turn"
        message = {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": body.get("model", ME),
            "stop_sequence": None,
            "usage": usage,
        }
        if not body.get("stream"):
            content = block | ({"input": call[1]} if call else {"text": "Done."})
            yield json.dumps(message | {"content": [content], "stop_reason": stop})
            return
        events: list[dict[str, Any]] = [
            {"type": "message_start", "message": message | {"content": [], "stop_reason": None}},
            {"type": "content_block_start", "index": 0, "content_block": block},
            {"type": "content_block_delta", "index": 0, "delta": delta},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}, "usage": usage},
            {"type": "message_stop"},
        ]
        for event in events:
            yield f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"

    def _responses(self, body: dict[str, Any]) -> Iterator[str]:
        """OpenAI's Responses API, streamed: https://platform.openai.com/docs/api-reference/responses-streaming"""
        given = body.get("input") or []
        results = [text_of(item.get("output")) for item in given if item.get("type") == "function_call_output"]
        tools = [name for tool in body.get("tools") or [] for name in names_of(tool)]
        call = self._next(tools, results)
        if call:
            space, _, name = call[0].rpartition(NAMESPACE)
            item: dict[str, Any] = {
                "type": "function_call",
                "id": "fc_1",
                "call_id": "call_1",
                "name": name,
                "arguments": json.dumps(call[1]),
                "status": "completed",
            } | ({"namespace": space} if space else {})
        else:
            content = [{"type": "output_text", "text": "Done.", "annotations": []}]
            item = {"type": "message", "id": "m_1", "role": "assistant", "status": "completed", "content": content}
        usage = {
            "input_tokens": 1,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": 1,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 2,
        }
        response = {"id": "resp_1", "object": "response", "model": body.get("model", ME), "output": []}
        events: list[dict[str, Any]] = [
            {"type": "response.created", "response": response | {"status": "in_progress"}},
            {"type": "response.output_item.added", "output_index": 0, "item": item},
            {"type": "response.output_item.done", "output_index": 0, "item": item},
            {
                "type": "response.completed",
                "response": response | {"status": "completed", "output": [item], "usage": usage},
            },
        ]
        for number, event in enumerate(events):
            yield f"event: {event['type']}\ndata: {json.dumps(event | {'sequence_number': number})}\n\n"

    def _gemini(self, path: str, body: dict[str, Any]) -> Iterator[str]:
        """Gemini's generateContent and streamGenerateContent: https://ai.google.dev/api/generate-content"""
        parts = [part for content in body.get("contents", []) for part in content.get("parts", [])]
        results = [text_of(part["functionResponse"].get("response")) for part in parts if "functionResponse" in part]
        tools = [one["name"] for tool in body.get("tools") or [] for one in tool.get("functionDeclarations") or []]
        call = self._next(tools, results)
        part: dict[str, Any] = {"text": "Done."}
        if call:
            part = {"functionCall": {"name": call[0], "args": call[1]}}
        answer = {
            "candidates": [{"index": 0, "content": {"role": "model", "parts": [part]}, "finishReason": "STOP"}],
            "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2},
            "modelVersion": ME,
        }
        yield f"data: {json.dumps(answer)}\n\n" if "streamGenerateContent" in path else json.dumps(answer)


NAMESPACE = "\0"
"""Between a namespace and the name of a tool in it."""


def names_of(tool: dict[str, Any]) -> list[str]:
    """The names of a tool of the Responses API, or of the tools in a namespace."""
    if tool.get("type") == "namespace":
        return [f"{tool['name']}{NAMESPACE}{one['name']}" for one in tool.get("tools") or []]
    return [tool["name"]] if "name" in tool else []


def text_of(content: Any) -> str:
    """The text of a tool's result."""
    if isinstance(content, list):
        return "\n".join(text_of(part.get("text", part) if isinstance(part, dict) else part) for part in content)
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
