"""Restate, one node: its own server program with its own log on disk, and one service process beside it.

Acknowledged means: in Restate's log. The workflow begins later; nothing is signed, no owner is looked up.
The documented way serves the workflow with hypercorn over streams; tuned, uvicorn answers it request by request.
"""

import json
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from secrets import token_urlsafe

from ..load import Wire, ask
from .programs import ROOT, Programs, free_port

ARCHITECTURES = {"x86_64": "x64", "AMD64": "x64", "aarch64": "arm64", "arm64": "arm64"}
PACKAGE = f"restate-server-{sys.platform}-{ARCHITECTURES.get(platform.machine(), platform.machine())}"
SERVER = ROOT / "node_modules" / "@restatedev" / PACKAGE / "bin" / "restate-server"
PYTHON = ROOT / "python" / "bin" / "python"
WORKFLOW = Path(__file__).parent / "workflow"
DOCUMENTED = ["hypercorn", "--workers", "0", "--worker-class", "uvloop", "--bind", "127.0.0.1:{port}"]
TUNED = ["uvicorn", "--host", "127.0.0.1", "--port", "{port}", "--no-access-log", "--log-level", "warning"]
BEGUN = "SELECT count(*) AS begun FROM sys_journal WHERE entry_type = 'Command: GetPromise'"
DECISION = json.dumps({"verdict": "approve", "by": "alice"}).encode()


def installed() -> bool:
    return SERVER.is_file() and PYTHON.is_file()


@contextmanager
def running(*, tuned: bool = False) -> Iterator["Restate"]:
    """An empty node with the approval workflow registered."""
    with Programs() as programs:
        ingress, admin, node, service = (free_port() for _ in range(4))
        serve = [word.format(port=service) for word in (TUNED if tuned else DOCUMENTED)]
        exchange = {"EXCHANGE": "request_response" if tuned else "bidi"}
        programs.start(
            "service", [str(PYTHON), "-m", *serve, "approval:app"], port=service, environment=exchange, cwd=WORKFLOW
        )
        told = [str(SERVER), "--no-logo", "--node-name", "bench", "--base-dir", str(programs.folder / "data")]
        programs.start("server", told, port=admin, environment=_settings(ingress, admin, node))
        programs.ask(admin, "/deployments", {"uri": f"http://127.0.0.1:{service}", "use_http_11": tuned})
        programs.wait_for_port(ingress, "server")
        yield Restate(programs, ingress, admin)


def _settings(ingress: int, admin: int, node: int) -> dict[str, str]:
    return {
        "RESTATE_LISTEN_MODE": "tcp",
        "RESTATE_BIND_IP": "127.0.0.1",
        "RESTATE_BIND_ADDRESS": f"127.0.0.1:{node}",
        "RESTATE_INGRESS__BIND_ADDRESS": f"127.0.0.1:{ingress}",
        "RESTATE_ADMIN__BIND_ADDRESS": f"127.0.0.1:{admin}",
        "RESTATE_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "1",
    }


class Restate:
    """The work, in Restate's words."""

    begins_later = True

    def __init__(self, programs: Programs, port: int, admin: int) -> None:
        self._programs, self._port, self._admin = programs, port, admin
        self._started = 0

    async def open(self) -> tuple[Wire, Wire]:
        return await Wire.open(self._port, ""), await Wire.open(self._port, "")

    def listening(self) -> nullcontext[None]:
        return nullcontext()

    async def submit(self, wire: Wire) -> str:
        """Start a workflow under a key of its own; return the key when the start is durable."""
        key = token_urlsafe(12)
        await _expect(202, wire, "POST", f"/Approval/{key}/run/send", json.dumps(ask(0)).encode())
        self._started += 1
        return key

    def begun(self) -> bool:
        """Whether every workflow that was started has begun, and waits on its promise or is over."""
        told = self._programs.ask(self._admin, "/query", {"query": BEGUN})
        return told["rows"][0]["begun"] >= self._started

    async def decide(self, wire: Wire, key: str) -> None:
        await _expect(200, wire, "POST", f"/Approval/{key}/decide", DECISION)

    async def decided(self, wire: Wire, key: str) -> None:
        """Wait for the workflow's outcome: the decision."""
        answer = await _expect(200, wire, "GET", f"/restate/workflow/Approval/{key}/attach")
        assert json.loads(answer)["verdict"] == "approve"

    def memory(self) -> float:
        """Resident megabytes of server and service."""
        return self._programs.memory()


async def _expect(status: int, wire: Wire, method: str, path: str, body: bytes = b"") -> bytes:
    got, answer = await wire.call(method, path, body)
    if got != status:
        raise RuntimeError(f"{got}: {answer[:200]!r}")
    return answer
