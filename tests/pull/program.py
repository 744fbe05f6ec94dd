"""A server over stdio that does as it is told: python program.py SCRIPT.json

The script is a mapping: `modern` and `legacy` say what is spoken, `lists` the pages of
each method, `habit` how it misbehaves. It runs alone and imports nothing of ours.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

SCRIPT: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text("utf-8"))
HABIT = SCRIPT.get("habit", "")
MODERN: list[str] = SCRIPT.get("modern", [])
LEGACY: str | None = SCRIPT.get("legacy")
FACTS = {
    "capabilities": {"tools": {}, "prompts": {}, "resources": {}},
    "instructions": "Be careful.",
    **SCRIPT.get("facts", {}),
}
SLOW = Path(sys.argv[1]).with_suffix(".slow")
DECLARED: dict[str, Any] = {}
INFO = SCRIPT.get("info", {"name": "scripted", "version": "1.0.0"})


def say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def answer(number: Any, **parts: Any) -> None:
    say({"jsonrpc": "2.0", "id": number, **parts})


def refuse(number: Any, code: int, data: Any = None) -> None:
    answer(number, error={"code": code, "message": "refused", "data": data})


def discover(number: Any, params: dict[str, Any]) -> None:
    if HABIT == "dies on a probe":
        print("what is that?", file=sys.stderr, flush=True)
        sys.exit(3)
    if HABIT == "keeps silent on a probe":
        return
    if HABIT == "is slow to start" and not SLOW.exists():
        return
    version = params.get("_meta", {}).get("io.modelcontextprotocol/protocolVersion")
    if not MODERN:
        refuse(number, -32602)
    elif version not in MODERN:
        refuse(number, -32022, {"supported": MODERN, "requested": version})
    else:
        named = {"_meta": {"io.modelcontextprotocol/serverInfo": INFO}}
        answer(number, result={"supportedVersions": MODERN, **FACTS, **named})


def pages(number: Any, method: str, params: dict[str, Any]) -> None:
    if HABIT == "never ends":
        at = int(params.get("cursor", "0"))
        tool = {"name": f"t{at}", "inputSchema": {"type": "object"}}
        answer(number, result={"tools": [tool], "nextCursor": str((at + 1) % 3)})
        return
    if HABIT == "lists what is declared" and method == "tools/list":
        tools = [{"name": n, "inputSchema": {"type": "object"}} for n in DECLARED]
        answer(number, result={"tools": tools})
        return
    found = SCRIPT.get("lists", {}).get(method)
    if found is None:
        refuse(number, -32601)
        return
    at = int(params.get("cursor", "0"))
    more = {"nextCursor": str(at + 1)} if at + 1 < len(found) else {}
    answer(number, result={**found[at], **more})


def serve(message: dict[str, Any]) -> None:
    method, number = message.get("method"), message.get("id")
    params = message.get("params", {})
    if method is None or number is None:
        return
    meta = params.get("_meta", {})
    DECLARED.update(meta.get("io.modelcontextprotocol/clientCapabilities", {}))
    if method == "initialize":
        DECLARED.update(params["capabilities"])
    if HABIT == "asks back" and method == "tools/list":
        say({"jsonrpc": "2.0", "id": "q1", "method": "ping"})
        assert json.loads(sys.stdin.readline()) == {
            "jsonrpc": "2.0",
            "id": "q1",
            "result": {},
        }
        say({"jsonrpc": "2.0", "id": "q2", "method": "roots/list"})
        assert json.loads(sys.stdin.readline())["error"]["code"] == -32601
    if method == "server/discover":
        discover(number, params)
    elif method == "initialize":
        if HABIT == "is slow to start" and not SLOW.exists():
            SLOW.touch()
            refuse(number, -32022, {"supported": MODERN})
        elif LEGACY is None:
            refuse(number, -32601)
        else:
            answer(
                number, result={"protocolVersion": LEGACY, "serverInfo": INFO, **FACTS}
            )
    else:
        pages(number, method, params)


def main() -> None:
    if HABIT == "talks":
        print("Welcome! {not json", flush=True)
        print("[]", flush=True)
        print("x" * 100_000, file=sys.stderr, flush=True)
    if HABIT == "has a child":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        Path(SCRIPT["pids"]).write_text(f"{os.getpid()} {child.pid}", "utf-8")
    for line in sys.stdin:
        serve(json.loads(line))
    if HABIT in ("has a child", "stays"):
        time.sleep(600)


main()
