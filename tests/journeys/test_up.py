"""`make run`: what comes up, how it ends, and what it says when it cannot start."""

import os
import signal
import socket
import stat
import sys

import httpx2
import pytest

from tests.journeys.running import Running, gone, resident, until

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture(scope="module")
def console(tmp_path_factory):
    running = Running(tmp_path_factory.mktemp("console"), DEMO="1")
    yield running.ready()
    running.close()


@pytest.fixture
def start(tmp_path):
    """Starts one in the test's own folder, without the demo."""
    begun = []

    def begin(**told) -> Running:
        made = Running if "DATABASE_URL" in told else Running.prepared
        begun.append(made(tmp_path, **{"DEMO": "0"} | told))
        return begun[-1]

    yield begin
    for running in begun:
        running.close()


def test_console_says_where_it_is_and_how_to_sign_in(console):
    said = "\n".join(console.said)
    assert f"Placet is ready: {console.url}/" in said
    assert "Sign in as alice, bob, carol, erin, heidi, mallory, admin; the password of each is " in said


def test_printed_password_signs_in(console):
    password = next(line for line in console.said if "password" in line).rpartition(" ")[2]
    with httpx2.Client(base_url=console.url, follow_redirects=True) as browser:
        page = browser.get("/")
        assert page.url.path == "/sign-in/"
        token = page.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        form = {"login": "alice", "password": password, "csrfmiddlewaretoken": token}
        inbox = browser.post("/sign-in/", data=form, headers={"Referer": f"{console.url}/sign-in/"})
        assert inbox.url.path == "/" and "alice" in inbox.text


def test_everything_it_needs_is_ready(console):
    assert console.get("/readyz").json() == {"database": True, "redis": True}
    assert console.get("/.well-known/jwks.json").json()["keys"]
    assert console.get("/static/css/base.css").status_code == 200


def test_missing_page_tells_nothing_of_the_inside(console):
    answer = console.get("/no-such-page/")
    assert answer.status_code in (302, 404) and "Traceback" not in answer.text and "DEBUG" not in answer.text


def test_only_this_machine_is_served(console):
    answers = socket.getaddrinfo(socket.gethostname(), console.port, type=socket.SOCK_STREAM)
    for address in {found[4][0] for found in answers if not found[4][0].startswith(("127.", "::1"))}:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe, pytest.raises(OSError):
            probe.settimeout(1)
            probe.connect((address, console.port))


def test_secrets_are_for_the_owner_only(console):
    for name in ("secret_key", "stores.json", "plan.json", "demo.json", "valkey/valkey.conf"):
        assert stat.S_IMODE((console.var / name).stat().st_mode) == 0o600, name
    assert stat.S_IMODE((console.var / "valkey").stat().st_mode) == 0o700


def test_command_beside_the_console_needs_no_setting(console):
    told = console.command("register_server", "beside")
    assert told["token"].startswith("plc_")
    headers = {"Authorization": f"Bearer {told['token']}"}
    assert httpx2.get(f"{console.url}/api/v1/actions", headers=headers, timeout=10).status_code == 200


def test_second_start_in_the_same_folder_is_refused(console):
    code, said = Running(console.var).refused()
    assert code == 1
    where = f"{console.url} (process {console.process.pid}, folder {console.var})"
    assert said == f"Placet does not start: it is already running at {where}.\n"
    assert console.answers()


@LINUX
def test_whole_console_stays_small(console):
    names = console.children(count=4)
    until(lambda: (console.var / "logs" / "demo.log").stat().st_size > 0)
    assert set(names) == {"valkey", "web", "worker", "demo"}
    told: list[int] = []
    # Each process gives back what loading left behind, a few times in its first half minute.
    until(lambda: told.append(resident([console.process.pid, *names.values()])) or told[-1] <= 350, limit=40)


def test_named_redis_is_used_instead_of_an_embedded_one_and_an_interrupt_ends_everything(start, tmp_path, valkey):
    running = start(REDIS_URL=valkey).ready()
    assert set(running.children(count=2)) == {"web", "worker"}
    assert running.get("/readyz").json()["redis"]
    _ends(running, signal.SIGINT)


def _ends(running, number):
    """One signal ends it within three seconds, and leaves nothing."""
    pids = running.children(count=2)
    assert running.stop(number) < 3
    assert running.process.returncode == 0 and gone(pids) and not running.answers()
    assert not (running.var / "stores.json").exists()


@pytest.mark.postgres
def test_named_postgresql_is_used(start, tmp_path):
    running = start(DATABASE_URL=os.environ["DATABASE_URL"], DEMO="1").ready()
    assert running.get("/readyz").json()["database"]
    assert running.command("register_server", "beside-postgres")["token"]
    assert not (tmp_path / "placet.sqlite3").exists()


def test_declared_proxy_is_believed_and_a_killed_supervisor_leaves_nothing_to_the_next_start(start):
    first = start(PUBLIC_URL="https://console.example.org").ready()
    _believes_its_proxy(first)
    pids = first.children()
    first.process.kill()
    second = start(PORT=str(first.port)).ready()
    assert second.answers() and gone(pids)


def _believes_its_proxy(running):
    """Visitors who come by the declared proxy are served, plain ones are sent to https."""
    assert running.get("/sign-in/").headers["Location"].startswith("https://")
    proxied = {"Host": "console.example.org", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
    page = httpx2.get(f"{running.url}/sign-in/", headers=proxied, timeout=10)
    assert page.status_code == 200 and "Secure" in page.headers["Set-Cookie"]
    assert page.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_killed_web_process_and_store_come_back_and_one_signal_ends_everything(start):
    running = start().ready()
    before = running.children()
    for name in ("web", "valkey"):
        os.kill(before[name], signal.SIGKILL)
    until(lambda: running.children()["web"] != before["web"] and running.answers())
    until(lambda: running.get("/readyz").json()["redis"])
    assert running.children()["worker"] == before["worker"]
    _ends(running, signal.SIGTERM)


def test_taken_port_is_one_sentence(start):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, said = start(PORT=str(port)).refused()
    assert code == 1 and said.count("\n") == 1
    assert said.startswith(f"Placet does not start: port {port} of 127.0.0.1 cannot be used")


def test_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    code, said = Running(tmp_path / "file" / "var").refused()
    assert code == 2 and said.count("\n") == 1 and "cannot be made" in said


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_folder_is_one_sentence(tmp_path):
    tmp_path.chmod(0o500)
    code, said = Running(tmp_path).refused()
    assert code != 0 and said.count("\n") == 1 and "not writable" in said


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"DEMO": "perhaps"}, "DEMO should be a valid boolean"),
        ({"REDIS_URL": "redis://127.0.0.1:1/0"}, "the Redis of REDIS_URL does not answer"),
        ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "the database of DATABASE_URL does not answer"),
    ],
)
def test_setting_that_does_not_work_is_one_sentence(start, told, words):
    code, said = start(**told).refused()
    assert code in (1, 2) and words in said
    assert said.count("\n") == 1, said
