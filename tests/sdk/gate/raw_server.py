"""A server of few words, for tests of the stdio transport: it echoes requests, and does what notifications tell it."""

import json
import os
import signal
import sys


def say(raw: bytes) -> None:
    sys.stdout.buffer.write(raw)
    sys.stdout.buffer.flush()


def told(method: str, params: dict) -> None:
    if method == "exit":
        sys.exit(params["code"])
    if method == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if method == "say":
        say(params["text"].encode())
    if method == "large":
        say(b'{"jsonrpc":"2.0","id":%d,"result":{"x":"%b"}}\n' % (params["id"], b"x" * params["bytes"]))
    if method == "warn":
        print(params["text"], file=sys.stderr, flush=True)


def caught(number: int, _: object) -> None:
    say(b'{"jsonrpc":"2.0","method":"signal/%d"}\n' % number)
    if number == signal.SIGTERM:
        sys.exit(7)


def main() -> None:
    for number in (signal.SIGUSR1, signal.SIGTERM):
        signal.signal(number, caught)
    for line in sys.stdin.buffer:
        message = json.loads(line)
        if "id" not in message:
            told(message["method"], message.get("params", {}))
        elif message["method"] == "environment":
            say(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": dict(os.environ)}).encode() + b"\n")
        elif message["method"] == "quiet":
            continue
        else:
            got = json.dumps(line.decode("utf-8", "surrogateescape")).encode()
            say(
                b'{ "jsonrpc":"2.0" , "id":'
                + json.dumps(message["id"]).encode()
                + b', "result":{"got":'
                + got
                + b"}}\n"
            )


main()
