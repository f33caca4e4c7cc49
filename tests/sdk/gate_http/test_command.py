"""`placet gate --listen … --upstream …` as a program: started, told to stop, and told wrongly."""

import asyncio
import contextlib
import datetime
import ipaddress
import json
import os
import signal
import ssl
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import placet
import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from . import running, scripts
from .hosts import LEGACY, Host, asked, ended
from .scripts import TOOL_CALL

POST = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
ANSWER = b'{"jsonrpc":"2.0","id":1,"result":{"content":[]}}'
ENV = os.environ | {"PLACET_TOKEN": "plc_1_secret", "PYTHONPATH": str(Path(placet.__file__).parents[1])}


async def program(*words: str, **env: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "placet", "gate", *words, env=ENV | env, stderr=asyncio.subprocess.PIPE
    )


@contextlib.asynccontextmanager
async def gate(upstream: str, *words: str, **env: str) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    """The program in front of that URL: its own URL as it tells it, and the process."""
    about = ["--url", running.NOBODY, "--pin", "first-use", "--patience", "0.1"] if "PLACET_URL" not in env else []
    process = await program(*about, "--listen", "127.0.0.1:0", "--upstream", upstream, *words, **env)
    try:
        line = (await asyncio.wait_for(process.stderr.readline(), 20)).decode()
        assert "stands before" in line, line
        yield line.split()[2], process
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), 20)


async def wrong(*words: str, **env: str) -> str:
    process = await program("--url", running.NOBODY, "--pin", "first-use", *words, **env)
    _, told = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 2
    return told.decode()


async def test_the_program_stands_before_the_upstream_and_stops_when_told():
    script = scripts.says(ANSWER)
    async with running.scripted(script) as url, gate(url) as (at, process), httpx2.AsyncClient() as http:
        assert at.startswith("http://127.0.0.1:") and at.endswith("/mcp")
        answer = await http.post(at, json=TOOL_CALL, headers=POST)
        assert answer.content == ANSWER
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 10) == 0


@pytest.fixture
def asks_the_console(console, token, jwks, owners, tmp_path) -> dict[str, str]:
    """The environment of a gate that asks the live console."""
    pin = tmp_path / "jwks.json"
    pin.write_text(json.dumps(jwks))
    return {"PLACET_URL": console, "PLACET_TOKEN": token, "PLACET_PIN": str(pin)}


async def test_a_program_that_is_told_to_stop_takes_its_asks_back(asks_the_console, shop_url):
    async with gate(shop_url, **asks_the_console) as (at, process), Host().connected(at, LEGACY) as client:
        call = asyncio.create_task(client.call_tool("form", {"order": "A1"}))
        ask = await asked("elicitation_form")
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), 15)
        await ended(ask["id"], "withdrawn")
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)


async def test_asks_of_a_killed_program_are_withdrawn_by_the_next_one(asks_the_console, shop_url, tmp_path):
    state = ("--state", str(tmp_path / "gate.db"))
    async with gate(shop_url, *state, **asks_the_console) as (at, process), Host().connected(at, LEGACY) as client:
        call = asyncio.create_task(client.call_tool("form", {"order": "A1"}))
        ask = await asked("elicitation_form")
        process.kill()
        await process.wait()
        async with gate(shop_url, *state, **asks_the_console):
            await ended(ask["id"], "withdrawn")
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--listen", "127.0.0.1:0"], "both, --listen HOST:PORT and --upstream URL"),
        (["--upstream", "http://127.0.0.1:1/mcp"], "both, --listen HOST:PORT and --upstream URL"),
        (["--listen", "9100", "--upstream", "http://127.0.0.1:1/mcp"], "--listen takes HOST:PORT"),
        (["--listen", "127.0.0.1:0", "--upstream", "http://mcp.example.org/"], "plain http to another machine"),
        (["--listen", "0.0.0.0:0", "--upstream", "https://mcp.example.org/"], "--allow-host"),
        (["--listen", "127.0.0.1:0", "--upstream", "https://x.example/", "--ca-file", "/nowhere.pem"], "No such file"),
        (["--listen", "127.0.0.1:0", "--upstream", "https://x.example/", "--bearer-issuer", "i"], "--bearer-keys"),
        (["--listen", "127.0.0.1:0", "--upstream", "https://x.example/", "--", "cat"], "not both"),
    ],
)
async def test_a_wrong_call_is_told_in_a_sentence(words, sentence):
    assert sentence in await wrong(*words)


async def test_an_address_in_use_is_told():
    with running.bound() as sock:
        sock.listen()
        listen = f"127.0.0.1:{sock.getsockname()[1]}"
        assert "in use" in await wrong("--listen", listen, "--upstream", "http://127.0.0.1:1/mcp")


@pytest.fixture
def certificate(tmp_path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody has heard of, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "shop")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 7, now, now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain, secret = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_bytes(made.public_bytes(Encoding.PEM))
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return chain, secret


@contextlib.asynccontextmanager
async def encrypted(app, certificate) -> AsyncIterator[int]:
    sock = running.bound()
    chain, secret = certificate
    config = uvicorn.Config(app, lifespan="off", log_level="critical", ssl_certfile=str(chain), ssl_keyfile=str(secret))
    async with running.serving_app(config, sock):
        yield sock.getsockname()[1]


async def test_an_upstream_nobody_vouches_for_never_gets_the_hosts_token(certificate):
    script = scripts.says(ANSWER)
    async with encrypted(script, certificate) as port, httpx2.AsyncClient() as http:
        said = POST | {"authorization": "Bearer upstream"}
        async with running.gate(f"https://127.0.0.1:{port}/mcp") as plain:
            answer = await http.post(plain.url, json=TOOL_CALL, headers=said)
            assert (answer.status_code, script.told) == (502, [])
        async with running.gate(f"https://127.0.0.1:{port}/mcp", terms={"authorities": certificate[0]}) as known:
            assert (await http.post(known.url, json=TOOL_CALL, headers=said)).content == ANSWER
        async with running.gate(f"https://localhost:{port}/mcp", terms={"authorities": certificate[0]}) as misnamed:
            assert (await http.post(misnamed.url, json=TOOL_CALL, headers=said)).status_code == 502
    assert len(script.told) == 1


def test_a_file_that_holds_no_authority_is_refused(tmp_path):
    from placet.gate.http import address
    from placet.gate.http.server import Server

    path = tmp_path / "none.pem"
    path.write_text("nothing")
    with pytest.raises(ssl.SSLError):
        Server(address.upstream("https://x.example/"), authorities=path)
