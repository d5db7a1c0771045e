"""How each command-line agent is configured and run without a terminal."""

import json
from pathlib import Path
from typing import Any


class Agent:
    """An agent in a home of its own, whose model is the scripted one."""

    def __init__(self, program: list[str], home: Path, model: str) -> None:
        self.program = program
        self.home = home
        self.model = model
        self.environment: dict[str, str] = {}

    def write(self, path: str, text: str) -> None:
        (self.home / path).parent.mkdir(parents=True, exist_ok=True)
        (self.home / path).write_text(text, encoding="utf-8")


class ClaudeCode(Agent):
    def configure(self, service: str, url: str, headers: Any) -> None:
        self.service = service
        self.environment = {
            "ANTHROPIC_BASE_URL": self.model,
            "ANTHROPIC_API_KEY": "scripted",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
            "ENABLE_TOOL_SEARCH": "false",  # the scripted model does not search for tools
        }
        entry = {"type": "http", "url": url, **({"headers": headers} if headers else {})}
        self.write(".claude.json", json.dumps({"mcpServers": {service: entry}}))

    def asks(self, text: str) -> list[str]:
        tools = [f"mcp__{self.service}", "ReadMcpResourceTool"]
        return ["-p", text, "--allowedTools", *tools]

    def signs_in(self, service: str) -> list[str]:
        return ["mcp", "login", "--no-browser", service]

    def reads_resource(self, service: str, uri: str) -> tuple[str, dict[str, Any]]:
        return "ReadMcpResourceTool", {"server": service, "uri": uri}

    def uses_prompt(self, service: str, name: str, arguments: dict[str, str]) -> str:
        return f"/mcp__{service}__{name} {' '.join(arguments.values())}"


class Codex(Agent):
    def configure(self, service: str, url: str, headers: Any) -> None:
        self.environment = {"CODEX_HOME": str(self.home / ".codex"), "SCRIPTED_KEY": "scripted"}
        token = ""
        if headers:
            self.environment["FLEET_TOKEN"] = headers["Authorization"].removeprefix("Bearer ")
            token = 'bearer_token_env_var = "FLEET_TOKEN"\n'
        self.write(
            ".codex/config.toml",
            'model = "scripted"\nmodel_provider = "scripted"\napproval_policy = "never"\n'
            'mcp_oauth_credentials_store = "file"\n'
            f'[model_providers.scripted]\nname = "scripted"\nbase_url = "{self.model}/v1"\n'
            'env_key = "SCRIPTED_KEY"\nwire_api = "responses"\n'
            f'[mcp_servers.{service}]\nurl = "{url}"\n{token}',
        )

    def asks(self, text: str) -> list[str]:
        return ["exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", text]

    def signs_in(self, service: str) -> list[str]:
        return ["mcp", "login", "--no-browser", service]

    def reads_resource(self, service: str, uri: str) -> tuple[str, dict[str, Any]]:
        return "read_mcp_resource", {"server": service, "uri": uri}


class GeminiCli(Agent):
    def configure(self, service: str, url: str, headers: Any) -> None:
        self.environment = {"GOOGLE_GEMINI_BASE_URL": self.model, "GEMINI_API_KEY": "scripted"}
        entry = {"httpUrl": url, "trust": True, **({"headers": headers} if headers else {})}
        settings = {"security": {"auth": {"selectedType": "gemini-api-key"}}, "mcpServers": {service: entry}}
        self.write(".gemini/settings.json", json.dumps(settings))

    def asks(self, text: str) -> list[str]:
        return ["-p", text, "--approval-mode", "yolo", "--skip-trust", "--model", "gemini-2.5-flash"]

    def reads_resource(self, service: str, uri: str) -> tuple[str, dict[str, Any]]:
        del service  # the agent knows whose it is
        return "read_mcp_resource", {"uri": uri}

    def uses_prompt(self, service: str, name: str, arguments: dict[str, str]) -> str:
        del service
        return f"/{name} " + " ".join(f'--{key}="{value}"' for key, value in arguments.items())


AGENTS = {"claude-code": ClaudeCode, "codex": Codex, "gemini-cli": GeminiCli}
