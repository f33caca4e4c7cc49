"""`placet gate -- COMMAND` as a host starts it, with bytes in and bytes out."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

SERVER = Path(__file__).with_name("raw_server.py")
SDK = Path(__file__).parents[3] / "sdk"


class Gate:
    """One gate process. Leave it by `close`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    @classmethod
    async def open(cls, *words: str, server: tuple[str, ...] = (), **environment: str) -> "Gate":
        own = {"PLACET_URL": "http://127.0.0.1:9", "PLACET_TOKEN": "plc_1_secret", "PLACET_PIN": "first-use"}
        command = [sys.executable, "-m", "placet", "gate", *words, "--", *(server or (sys.executable, str(SERVER)))]
        pipe = asyncio.subprocess.PIPE
        env = {**os.environ, "PYTHONPATH": str(SDK), **own, **environment}
        limit = 64 * 1024 * 1024
        return cls(
            await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe, env=env, limit=limit)
        )

    def says(self, message: Any) -> bytes:
        raw = message if isinstance(message, bytes) else json.dumps(message).encode() + b"\n"
        self.process.stdin.write(raw)
        return raw

    async def hears(self, *, within: float = 15) -> bytes:
        return await asyncio.wait_for(self.process.stdout.readline(), within)

    def tells(self, method: str, **params: Any) -> None:
        self.says({"jsonrpc": "2.0", "method": method, "params": params})

    async def ends(self, *, within: float = 15) -> tuple[int, str]:
        """Its exit code, and what was said on standard error."""
        self.process.stdin.close()
        said = await asyncio.wait_for(self.process.stderr.read(), within)
        return await asyncio.wait_for(self.process.wait(), within), said.decode()

    async def close(self) -> None:
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self.process.wait(), 5)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()
