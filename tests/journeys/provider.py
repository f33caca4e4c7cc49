"""Somebody else's sign-in on this machine, which can be made to lie, and a console of its own that trusts it."""

import base64
import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests.stores import free_port

from .running import ROOT, START_LIMIT, clean_environment, until

CLIENT = "placet"
PEOPLE = {
    "alice": {"email": "alice@example.org"}, "bob": {"email": "bob@example.org"},
    "gone": {"email": "gone@example.org", "is_active": False},
    "root": {"email": "root@example.org", "is_staff": True, "is_superuser": True}, "tom": {"email": "tom@example.org"},
    "one": {"email": "both@example.org"}, "two": {"email": "Both@example.org"},
}  # fmt: skip
BEGIN = """
import json, os, django
django.setup()
from django.core.management import call_command
call_command("migrate", interactive=False, verbosity=0)
call_command("createcachetable", verbosity=0)
call_command("collectstatic", interactive=False, verbosity=0)
from accounts.models import User
for name, more in json.loads(os.environ["PEOPLE"]).items():
    User.objects.create_user(name, password=f"{name}-password", **more)
from allauth.mfa.totp.internal.auth import TOTP
TOTP.activate(User.objects.get(username="tom"), os.environ["TOTP"])
import uvicorn
uvicorn.run("config.asgi:application", port=int(os.environ["PORT"]), lifespan="off", log_level="warning")
"""

TOTP = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # of RFC 6238, appendix B: tom's app

type Lie = Callable[[str, dict[str, Any]], dict[str, Any]]


class Provider:
    """An OpenID provider; `lie` may change each JSON answer, told by path."""

    def __init__(self, app: Any) -> None:
        self.app, self.lie, self.asked = app, None, []
        self.url = ""

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        told: list[Any] = []
        body = b"".join(self.app(environ, lambda *words: told.append(words)))
        status, headers = told[0][0], told[0][1]
        self.asked.append((environ["PATH_INFO"], environ.get("QUERY_STRING", "")))
        if self.lie and dict(headers).get("Content-Type", "").startswith("application/json"):
            body = json.dumps(self.lie(environ["PATH_INFO"], json.loads(body))).encode()
            headers = [(name, value) for name, value in headers if name != "Content-Length"]
        start(status, headers)
        return [body]


@contextmanager
def opened() -> Iterator[Provider]:
    import oidc_provider_mock
    from werkzeug.serving import make_server

    checked = {"email_verified": True}
    claims = {
        "a-1": {"email": "alice@example.org"} | checked, "a-2": {"email": "alice@example.org"} | checked,
        "b-1": {"email": "bob@example.org"}, "b-2": {"email": "bob@example.org", "email_verified": "true"},
        "m-1": {"email": "mallory@example.org", "preferred_username": "alice"} | checked,
        "t-1": {"email": "tom@example.org", "preferred_username": "tom"} | checked,
        "r-1": {"email": "elsewhere@example.org", "preferred_username": "root"} | checked,
        "A-1": {"preferred_username": "Alice"}, "e-1": {"preferred_username": ""},
        "g-1": {"email": "gone@example.org"} | checked, "x-1": {"email": "both@example.org"} | checked, "n-1": {},
    }  # fmt: skip
    users = [oidc_provider_mock.User(sub=sub, claims=told) for sub, told in claims.items()]
    made = Provider(oidc_provider_mock.app(user_claims=users))
    server = make_server("127.0.0.1", 0, made, threaded=True)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    thread.join(5)
    server.server_close()


@contextmanager
def trusting(provider: Provider, var: Path, **more: str) -> Iterator[str]:
    """A console that knows this provider; `more` settings. Its address. No worker and no Redis: nobody asks there."""
    port = free_port()
    told = {
        "DJANGO_SETTINGS_MODULE": "config.settings", "PORT": str(port), "DEMO": "0", "PEOPLE": json.dumps(PEOPLE),
        "REQUIRE_SECOND_FACTOR": "nobody", "OIDC_ISSUER": provider.url, "OIDC_CLIENT_ID": CLIENT,
        "OIDC_CLIENT_SECRET": "a secret", "OIDC_NAME": "Example login", "PYTHONPATH": f"{ROOT}:{ROOT / 'sdk'}",
        "TOTP": TOTP, **more,
    }  # fmt: skip
    environment = clean_environment(var) | told
    with (var / "console.log").open("w") as log:
        process = subprocess.Popen([sys.executable, "-c", BEGIN], cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            until(lambda: process.poll() is not None or _answers(port), limit=START_LIMIT)
            assert process.poll() is None, (var / "console.log").read_text()
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)


def _answers(port: int) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    except (httpx2.HTTPError, OSError):
        return False


# ── What a browser does there ────────────────────────────────────────────────────────────────────────────────────────
def lead(browser, *, then="/you/"):
    """Begin; return where the provider asks for the person."""
    return browser.get("/sign-in/provider/", params={"next": then}).headers["location"]


def answer(place, sub, **more):
    """What the provider sends the person back with."""
    return httpx2.post(place, data={"sub": sub, **more}).headers["location"]


def come_back(browser, sub):
    return browser.get(answer(lead(browser), sub))


def is_in(browser):
    return browser.get("/you/").status_code == 200


def token(said, **changed):
    """The ID token with some of its claims changed. Its signature is void then."""
    head, body, mark = said["id_token"].split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "==")) | changed
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return said | {"id_token": f"{head}.{body}.{mark}"}


def enter(browser, name):
    page = browser.get("/sign-in/").text
    said = {
        "login": name,
        "password": f"{name}-password",
        "csrfmiddlewaretoken": re.search(r'token" value="(\w+)', page)[1],
    }
    return browser.post("/sign-in/", data=said, headers={"Origin": str(browser.base_url).rstrip("/")})


def send(browser, address, **said):
    mark = re.search(r'token" value="(\w+)', browser.get("/you/").text)[1]
    origin = {"Origin": str(browser.base_url).rstrip("/")}
    return browser.post(address, data=said | {"csrfmiddlewaretoken": mark}, headers=origin)


def send_as_nobody(browser, address):
    return browser.post(address, headers={"Origin": str(browser.base_url).rstrip("/")})
