"""What the console is told from outside, and how it refuses nonsense."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from config import embedded, environment, processes

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def told(tmp_path, monkeypatch):
    """Sets the environment of one read, starting from an empty one."""
    for name in environment.Environment.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("PLACET_VAR", str(tmp_path))
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path / "none"))

    def read(**values: str) -> environment.Environment:
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        return environment.read()

    return read


def test_nothing_needs_to_be_set(told):
    env = told()
    assert (env.port, env.demo, env.redis_url, env.issuer) == (8000, True, "", "http://127.0.0.1:8000")


def test_a_secret_rule_is_switched_off_by_its_name_and_only_by_a_real_one(told, capsys):
    assert told(SECRET_RULES_OFF="card-number, form.pin").secret_rules_off == "card-number, form.pin"
    with pytest.raises(SystemExit):
        told(SECRET_RULES_OFF="card-number,everything")
    assert "no secret rule named everything" in capsys.readouterr().err


def test_a_second_admin_is_asked_unless_the_operator_says_otherwise(told):
    assert told().second_admin and not told(SECOND_ADMIN="0").second_admin


def test_issuer_follows_the_port_until_it_is_named(told):
    assert told(PORT="8123").issuer == "http://127.0.0.1:8123"
    assert told(PUBLIC_URL="https://console.example.org/").issuer == "https://console.example.org"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PORT", "many", "PORT should be a valid integer"),
        ("PORT", "0", "PORT should be greater than"),
        ("WEB_PROCESSES", "0", "WEB_PROCESSES should be greater than"),
        ("DEMO", "perhaps", "DEMO should be a valid boolean"),
        ("SECOND_ADMIN", "perhaps", "SECOND_ADMIN should be a valid boolean"),
        ("MIGRATE_DATABASE_URL", "sqlite:///x", "MIGRATE_DATABASE_URL must start with"),
        ("WITNESSES", "nonsense", "WITNESSES must be URL and verifier key"),
        ("SIGNER", "kms", "SIGNER should be"),
        ("DATABASE_URL", "mysql://root@localhost/x", "DATABASE_URL must start with"),
        ("DATABASE_URL", "postgresql://localhost", "DATABASE_URL must end in the name"),
        ("DATABASE_URL", "sqlite://x", "DATABASE_URL must be sqlite"),
        ("DATABASE_URL", "postgresql://u:topsecret@host:port/x", "DATABASE_URL"),
        ("REDIS_URL", "http://localhost", "REDIS_URL must start with"),
        ("BROKER_URL", "localhost", "BROKER_URL must be a URL"),
        ("BROKER_URL", "ampq://u:topsecret@host//", "BROKER_URL must be a URL of a known broker"),
        ("PUBLIC_URL", "console.example.org", "PUBLIC_URL must look like"),
        ("PUBLIC_URL", "https://console.example.org/placet", "PUBLIC_URL must be an origin"),
        ("PUBLIC_URL", "https://Console.Example.org", "as browsers write it: https://console.example.org"),
        ("PUBLIC_URL", "https://console.example.org:443", "as browsers write it: https://console.example.org"),
        ("PUBLIC_URL", "https://k\u00fcche.example", "as browsers write it: https://xn--kche-0ra.example"),
        ("PUBLIC_URL", "http://console.example.org", "PUBLIC_URL must be https"),
        ("PUBLIC_URL", "https://[::1", "PUBLIC_URL"),
        ("SECRET_KEY", "topsecret", "SECRET_KEY must have at least"),
    ],
)
def test_bad_value_ends_the_start_with_one_sentence(told, capsys, name, value, words):
    with pytest.raises(SystemExit) as stopped:
        told(**{name: value})
    said = capsys.readouterr().err
    assert stopped.value.code == 2
    assert said.startswith("Placet does not start: ") and words in said and said.count("\n") == 1
    assert "topsecret" not in said


def test_secret_comes_from_a_named_file(told, tmp_path):
    (tmp_path / "url").write_text("redis://:hidden@127.0.0.1:1/0\n")
    assert told(REDIS_URL_FILE=str(tmp_path / "url")).redis_url == "redis://:hidden@127.0.0.1:1/0"


def test_secret_comes_from_the_secrets_folder(told, tmp_path):
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "secret_key").write_text("k" * 60)
    assert told(SECRETS_DIR=str(folder)).secret_key == "k" * 60


def test_missing_secret_file_is_named(told, capsys):
    with pytest.raises(SystemExit):
        told(REDIS_URL_FILE="/nowhere/url")
    assert "/nowhere/url cannot be read" in capsys.readouterr().err


def test_environment_goes_before_the_named_file(told, tmp_path):
    (tmp_path / "url").write_text("redis://file")
    assert told(REDIS_URL_FILE=str(tmp_path / "url"), REDIS_URL="redis://direct").redis_url == "redis://direct"


def test_command_finds_the_stores_of_a_running_console(told, tmp_path):
    stores = {"pid": os.getpid(), "started": processes.started(os.getpid()), "redis_url": "redis://here", "port": 8444}
    (tmp_path / "stores.json").write_text(json.dumps(stores))
    env = told()
    assert (env.redis_url, env.issuer) == ("redis://here", "http://127.0.0.1:8444")


def test_stores_of_a_killed_console_are_forgotten(told, tmp_path):
    stores = {"pid": os.getpid(), "started": "another boot", "redis_url": "redis://gone", "port": 8444}
    (tmp_path / "stores.json").write_text(json.dumps(stores))
    assert told().redis_url == ""


def test_first_start_generates_a_secret_key_that_stays(tmp_path):
    first, second = _settings(tmp_path, "SECRET_KEY"), _settings(tmp_path, "SECRET_KEY")
    assert first == second and len(first) >= 64
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    (tmp_path / "secret_key").chmod(0o640)
    with pytest.raises(subprocess.CalledProcessError) as no:
        _settings(tmp_path, "SECRET_KEY", stderr=subprocess.PIPE)
    assert no.value.returncode == 2 and no.value.stderr.count("\n") == 1
    assert "may read" in no.value.stderr and "chmod 600" in no.value.stderr


def test_debug_is_off_and_only_this_machine_is_served(tmp_path):
    assert _settings(tmp_path, "DEBUG") == "False"
    assert _settings(tmp_path, "ALLOWED_HOSTS") == "['127.0.0.1', '[::1]', 'localhost']"


def test_declared_https_turns_every_transport_guard_on(tmp_path):
    told = {"PLACET_VAR": str(tmp_path), "PUBLIC_URL": "https://console.example.org", "DATABASE_URL": ""}
    inherited = {name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"}
    checked = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=inherited | told,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr


def _settings(var: Path, name: str, **how: int) -> str:
    code = f"from config import settings; print(settings.{name})"
    env = {**os.environ, "PLACET_VAR": str(var), "SECRET_KEY": "", "PUBLIC_URL": "", "DATABASE_URL": ""}
    return subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, env=env, text=True, **how).strip()


def test_as_many_web_processes_share_the_port_as_were_asked_for(settings):
    alone = embedded.children(valkey=None, demo=None)[0]["argv"]
    settings.ENV = settings.ENV.model_copy(update={"web_processes": 3})
    shared = embedded.children(valkey=None, demo=None)[0]["argv"]
    assert shared == [*alone, "--workers", "3"]
