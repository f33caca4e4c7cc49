"""The operators' commands: the verbs of the page, for people and for scripts."""

import json
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from placet.receipts import FileSigner

from accounts import servers
from accounts.models import Server
from approvals.models import Action, Receipt, Review
from tests.asks import ask, submit

pytestmark = pytest.mark.django_db


def run(command: str, *args: str) -> dict:
    """One JSON object on standard output."""
    out = StringIO()
    call_command(command, *args, "--json", stdout=out)
    return json.loads(out.getvalue())


def refused(command: str, *args: str) -> str:
    """The code of a refusal, which also ends the command with exit code 1."""
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command(command, *args, "--json", stdout=out)
    assert ended.value.code == 1
    said = json.loads(out.getvalue())
    assert said["message"]
    return said["error"]


def test_a_server_is_registered_with_a_token_that_works():
    said = run("register_server", "shop")
    assert servers.authenticate_token(said["token"]).id == said["server"] == Server.objects.get(name="shop").pk


def test_a_name_that_is_taken_needs_new_token_and_ends_the_old_one():
    first = run("register_server", "shop")
    assert refused("register_server", "shop") == "name_taken"
    second = run("register_server", "shop", "--new-token")
    assert second["server"] == first["server"] and second["token"] != first["token"]
    with pytest.raises(servers.Unauthenticated):
        servers.authenticate_token(first["token"])


def test_a_server_may_sign_with_a_key_instead(tmp_path):
    file = tmp_path / "shop.jwk"
    file.write_text(json.dumps(FileSigner.generate(tmp_path / "shop.pem").public_jwk()))
    said = run("register_server", "shop", "--public-key", str(file))
    assert said["token"] is None and Server.objects.get(name="shop").keys.count() == 1


@pytest.mark.parametrize("content", [b"nonsense", b"{}", None])
def test_a_key_that_is_none_registers_nothing(tmp_path, content):
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    assert refused("register_server", "shop", "--public-key", str(file)) == "bad_public_key"
    assert not Server.objects.exists()


def test_a_name_of_the_wrong_form_is_refused():
    assert refused("register_server", "Shop!") == "bad_server_name"


def test_a_verdict_by_command_settles_and_says_so(asked):
    said = run("decide", str(asked.pk), "approve", "--as", "alice", "--valid-for", "60")
    assert (said["action"], said["state"]) == (str(asked.pk), "approved")
    begun, ended = (datetime.fromisoformat(said["decision"][name]) for name in ("decided_at", "expires_at"))
    assert ended - begun <= timedelta(seconds=60) and Receipt.objects.get().decision == "approved"


def test_a_denial_by_command_carries_its_note(asked):
    said = run("decide", str(asked.pk), "deny", "--as", "bob", "--note", "wrong order")
    assert (said["decision"]["reason"], said["decision"]["note"]) == ("owner_denied", "wrong order")


def test_the_first_of_two_approvals_leaves_it_pending(asked_payout):
    assert run("decide", str(asked_payout.pk), "approve", "--as", "alice")["decision"] is None


def test_who_may_not_decide_on_the_page_may_not_decide_by_command(asked, carol, mallory):
    assert refused("decide", str(asked.pk), "approve", "--as", "carol") == "not_found"
    assert refused("decide", str(asked.pk), "approve", "--as", "mallory") == "not_found"
    assert refused("decide", str(asked.pk), "approve", "--as", "nobody") == "unknown_person"
    assert Action.objects.get().state == "pending"


@pytest.mark.parametrize("named", ["01a20762-e85e-7a52-bd97-37755c29ab69", "nonsense"])
def test_an_action_that_is_none_is_not_found(alice, named):
    assert refused("decide", named, "approve", "--as", "alice") == "not_found"


def test_a_yes_to_large_values_by_command_says_what_was_printed(refund, alice, bob, shop, now):
    value = ask()
    value["mcp"]["params"]["arguments"]["note"] = "long " * 1_000
    action = submit(shop, value, at=now).action
    says = ("decide", str(action.pk), "approve", "--as", "alice")
    assert refused(*says) == "unopened" and refused(*says, "--opened", "A" * 43) == "stale_view"
    run(*says, "--opened", run("show", str(action.pk), "--as", "alice")["seen"])
    assert json.loads(Review.objects.get().stmt)["opened"] == 1
    other = submit(shop, value, key="b", at=now).action
    assert run("decide", str(other.pk), "deny", "--as", "bob")["state"] == "denied", "a no opens nothing"


def test_a_second_decision_is_refused_by_name(asked):
    run("decide", str(asked.pk), "deny", "--as", "alice")
    assert refused("decide", str(asked.pk), "approve", "--as", "bob") == "already_terminal"


def test_a_sweep_settles_what_is_late_and_hands_its_receipt_over(refund, alice, shop, now, valkey):
    submit(shop, ask(timeout="5s"), at=now - timedelta(minutes=1))
    assert run("sweep") == {"expired": 1, "delivered": 1}
    assert run("sweep") == {"expired": 0, "delivered": 0}


def test_people_are_told_in_a_sentence(asked):
    out = StringIO()
    call_command("decide", str(asked.pk), "approve", "--as", "alice", stdout=out)
    assert out.getvalue() == f"{asked.pk} is approved.\n"


def test_people_are_told_a_refusal_on_standard_error(alice):
    err = StringIO()
    with pytest.raises(SystemExit):
        call_command("decide", "01a20762-e85e-7a52-bd97-37755c29ab69", "approve", "--as", "alice", stderr=err)
    assert "no such action" in err.getvalue()


def test_nobody_is_untied_from_a_provider_that_this_console_has_not(alice):
    assert refused("untie", "alice") == "not_untied"
