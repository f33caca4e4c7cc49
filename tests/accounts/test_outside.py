"""A webhook's address is no way into the network that the console stands in."""

import socket
import time

import pytest

from accounts import outside
from accounts.errors import BadAddress
from accounts.outside import Unsent

from . import hook as hooks

WORDS = {"text": "An ask waits for you."}


@pytest.fixture
def hook(tmp_path, monkeypatch, settings):
    with hooks.opened(tmp_path) as made:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        settings.CHAT_HOSTS = f"chat.example.org, {made.host}"
        yield made


@pytest.fixture
def named(monkeypatch):
    """A name server that answers as it is told the first time, and with this machine's metadata service afterwards."""
    real = socket.getaddrinfo

    def answer(*found: str) -> None:
        answers = [[(socket.AF_INET, 1, 6, "", (each, 443)) for each in found]]

        def asked(host, *more, **said):
            if host[0].isdigit():
                return real(host, *more, **said)
            return answers.pop() if answers else [(socket.AF_INET, 1, 6, "", ("169.254.169.254", 443))]

        monkeypatch.setattr(socket, "getaddrinfo", asked)

    return answer


@pytest.mark.parametrize(
    "address",
    [
        "http://hooks.example.org/x", "hooks.example.org/x", "https://", "https:///x", "https://me:pw@example.org/x",
        "https://example.org/x#y", "https://[::1", "https://example.org:0/x", "https://example.org:99999/x",
        "https://example.org/\nHost: other", "https://exämple.org/x", "file:///etc/passwd", "https://a/" + "x" * 2048,
        "https://127.0.0.1/x", "https://10.0.0.8/x", "https://169.254.169.254/latest", "https://[::1]/x",
        "https://[fd00::1]/x", "https://[::ffff:127.0.0.1]/x", "https://0.0.0.0/x", "https://100.64.0.1/x",
        "https://[fec0::1]/x", "https://" + "a" * 254 + "/x", "https://[64:ff9b::7f00:1]/x",
        "https://[2002:7f00:1::]/x", "https://224.0.0.1/x", "https://example.org:22/x",
        "https://localhost/x", "https://localhost./x", "https://chat.LOCALHOST/x", "https://intranet/x", "https://127.1/x",
        "https://printer.local/x", "https://2130706433/x", "https://0x7f.1/x", "https://0177.0.0.01/x", "https://10.0.8./x",
    ],
)  # fmt: skip
def test_what_is_no_webhook_of_the_internet_is_refused_when_it_is_typed(address):
    with pytest.raises(BadAddress):
        outside.checked(address)


def test_the_public_internet_is_taken_as_it_is_typed():
    for host in ("hooks.example.org", "HOOKS.example.org.", "93.184.216.34", "[2606:2800::1]", "1.example.org"):
        assert outside.checked(f"https://{host}/x").hostname


@pytest.mark.parametrize(
    "found",
    [("127.0.0.1",), ("10.1.2.3",), ("93.184.216.34", "192.168.0.1"), ("::1",), ("fe80::1",), ("::ffff:10.0.0.1",), ()],
)
def test_a_name_that_leads_into_a_private_network_is_not_called(named, found):
    named(*found)
    with pytest.raises(Unsent, match="private network"):
        outside.post_json("https://hooks.example.org/x", WORDS)


def test_what_was_judged_is_what_is_called(hook, named):
    """The name is asked for once, so that a second answer has nobody who listens."""
    named("127.0.0.1")
    outside.post_json(hook.url, WORDS)
    assert hook.posted == [("/services/T0/B0/secret?x=1", hook.host, WORDS)]


def test_only_the_host_and_port_that_an_admin_named_is_excepted(hook, settings):
    settings.CHAT_HOSTS = "localhost"
    with pytest.raises(BadAddress, match="usual port"):
        outside.checked(hook.url)
    settings.CHAT_HOSTS = ""
    with pytest.raises(Unsent):
        outside.post_json("https://localhost/x", WORDS)
    assert hook.posted == []


def test_an_answer_that_leads_elsewhere_is_not_followed(hook):
    hook.status, hook.headers = 307, {"Location": f"https://{hook.host}/other"}
    with pytest.raises(Unsent, match="answered 307"):
        outside.post_json(hook.url, WORDS)
    assert len(hook.posted) == 1


def test_an_answer_that_drips_is_cut_off(hook, monkeypatch):
    """A time limit for each read would be none for the whole."""
    monkeypatch.setattr(outside, "PATIENCE", 0.8)
    hook.drips, begun = 0.1, time.monotonic()
    with pytest.raises(Unsent, match="cannot be reached"):
        outside.post_json(hook.url, WORDS)
    hook.drips = 0
    assert time.monotonic() - begun < 3


def test_who_cannot_prove_their_name_gets_nothing(hook, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(Unsent, match="ConnectError"):
        outside.post_json(hook.url, WORDS)
    assert hook.posted == []
