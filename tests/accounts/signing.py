"""Signing in as a browser does it, and the codes an authenticator app would show."""

import base64
import hashlib
import hmac
import struct
import time

from django.test import Client

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 Version/19.0 Safari/604.1"


def browser(name="alice", *, agent=FIREFOX, address="192.0.2.7", password=""):
    """A browser in which this person signed in by password."""
    made = Client(REMOTE_ADDR=address, headers={"user-agent": agent})
    answer = made.post("/sign-in/", {"login": name, "password": password or f"{name}-password"})
    assert answer.status_code == 302, answer.text
    return made


def code(secret: str) -> str:
    """RFC 6238, SHA-1, six digits, 30 seconds."""
    counter = struct.pack(">Q", int(time.time()) // 30)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


def enrol(client) -> str:
    """Set up an authenticator app in this browser; return its secret."""
    page = client.get("/you/second-factor/")
    secret = page.context["form"].secret
    assert client.post("/you/second-factor/", {"code": code(secret)})["Location"] == "/you/recovery-codes/"
    return secret


def forget_proofs(client) -> None:
    """As if the person had confirmed nothing for an hour."""
    session = client.session
    session["account_authentication_methods"] = [
        {**proof, "at": proof["at"] - 3600} for proof in session.get("account_authentication_methods", [])
    ]
    session.save()


def is_in(client) -> bool:
    return client.get("/you/").status_code == 200
