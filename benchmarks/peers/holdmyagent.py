"""Hold My Agent's server, on its own SQLite: its own tokens, an ask bound to a digest, its signed verdict.

Its own client asks once a second whether there is a verdict. Here one listener hears its stream of events, the
fastest way it has, and the submitter then fetches the verdict.
"""

import asyncio
import hashlib
import json
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from secrets import token_urlsafe

from ..load import Wire, ask
from .programs import ROOT, Programs, free_port

HMA = ROOT / "python" / "bin" / "hma"
POLL = 1.0  # seconds, as its own client
CONFIG = """
[server]
host = "127.0.0.1"
port = {port}
db_path = "{folder}/arbiter.sqlite3"
[auth]
agent_token = "{agent}"
app_token = "{app}"
admin_password = "{admin}"
session_secret = "{session}"
[policy]
ttl_max_seconds = 86400
rate_limit_per_minute = 1000000000
[notify.ntfy]
topic = ""
"""


def installed() -> bool:
    return HMA.is_file()


@contextmanager
def running() -> Iterator["HoldMyAgent"]:
    """An empty server with a token to ask and one to decide."""
    with Programs() as programs:
        port, file = free_port(), programs.folder / "config.toml"
        secrets = {name: token_urlsafe(24) for name in ("agent", "app", "admin", "session")}
        file.write_text(CONFIG.format(port=port, folder=programs.folder, **secrets))
        environment = {"HMA_CONFIG": str(file)}
        programs.start("server", [str(HMA), "serve"], port=port, environment=environment)
        tokens = [_token(file, *who) for who in (("shop", "warden"), ("alice", "app"))]
        yield HoldMyAgent(programs, port, *tokens)


def _token(file, name: str, role: str) -> str:
    words = [str(HMA), "token", "create", name, "--role", role, "--config", str(file)]
    told = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout
    return told.split("token: ")[1].split()[0]


class HoldMyAgent:
    """The work, in its words."""

    begins_later = False

    def __init__(self, programs: Programs, port: int, asks: str, decides: str) -> None:
        self._programs, self._port, self._asks, self._decides = programs, port, asks, decides
        self._awaited: dict[str, asyncio.Event] = {}
        self._stream = None

    async def open(self) -> tuple[Wire, Wire]:
        return await Wire.open(self._port, self._asks), await Wire.open(self._port, self._decides)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        hearing = asyncio.create_task(self._listen())
        yield
        hearing.cancel()

    async def _listen(self) -> None:
        """Hear the stream, and open another when the server left off telling: it drops a listener 256 events behind."""
        from websockets.asyncio.client import connect

        headers = {"Authorization": f"Bearer {self._decides}"}
        while True:
            async with connect(f"ws://127.0.0.1:{self._port}/v1/stream", additional_headers=headers) as self._stream:
                async for message in self._stream:
                    told = json.loads(message)
                    if told["event"] == "request.decided":
                        self._awaited.setdefault(told["request"]["id"], asyncio.Event()).set()

    async def submit(self, wire: Wire) -> str:
        """Put an ask on record, bound to the digest of what is asked; return its id."""
        value = ask(0)
        action = json.dumps(value)
        body = {
            "title": value["claims"]["title"],
            "description": value["claims"]["reasoning"],
            "action_type": "refund",
            "payload": value["mcp"]["params"]["arguments"],
            "ttl_seconds": 3600,
            "canonical_action": action,
            "action_hash": hashlib.sha256(action.encode()).hexdigest(),
            "idempotency_key": token_urlsafe(9),
        }
        return json.loads(await _expect(200, wire, "POST", "/v1/requests", json.dumps(body).encode()))["id"]

    def begun(self) -> bool:
        """What is on record can be decided: there is nothing left to begin."""
        return True

    async def decide(self, wire: Wire, key: str) -> None:
        await _expect(200, wire, "POST", f"/v1/requests/{key}/decision", b'{"decision":"approve"}')

    async def decided(self, wire: Wire, key: str) -> None:
        """Hear that there is a decision, and fetch the signed verdict."""
        heard = self._awaited.setdefault(key, asyncio.Event())
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(heard.wait(), POLL)
            status, answer = await wire.call("GET", f"/v1/requests/{key}/verdict")
            if status == 200:
                break
        if not heard.is_set() and self._stream:
            await self._stream.close()
        del self._awaited[key]
        assert json.loads(answer)["verdict"].count(".") == 2

    def memory(self) -> float:
        return self._programs.memory()


async def _expect(status: int, wire: Wire, method: str, path: str, body: bytes = b"") -> bytes:
    got, answer = await wire.call(method, path, body)
    if got != status:
        raise RuntimeError(f"{got}: {answer[:200]!r}")
    return answer
