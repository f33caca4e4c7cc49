"""A mail host of the standard library's parts: takes what is sent to it, or refuses it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage


class Mailbox:
    """`letters` are what came; while `refusing`, every letter is turned away."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.refusing = False
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """RFC 5321, as far as a polite sender goes."""
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            word = line[:4].upper()
            if word == b"DATA":
                writer.write(b"354 go on\r\n")
                writer.write(self._take(await reader.readuntil(b"\r\n.\r\n")))
            elif word == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 yes\r\n")
            await writer.drain()
        writer.close()

    def _take(self, letter: bytes) -> bytes:
        if self.refusing:
            return b"451 not now\r\n"
        self.letters.append(message_from_bytes(letter[:-5], policy=policy.default))
        return b"250 taken\r\n"


@contextmanager
def opened() -> Iterator[Mailbox]:
    """A mail host on this machine, in a thread."""
    box, loop, ready = Mailbox(), asyncio.new_event_loop(), threading.Event()

    async def begin() -> None:
        server = await asyncio.start_server(box.serve, "127.0.0.1", 0)
        box.port = server.sockets[0].getsockname()[1]
        ready.set()

    def run() -> None:
        loop.create_task(begin())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(5)
    yield box
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
