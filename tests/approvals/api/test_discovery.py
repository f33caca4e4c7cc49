"""What anybody may read, and that the OpenAPI document tells the truth."""

import pytest
import schemathesis
from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from placet.receipts import history
from schemathesis.specs.openapi import checks

from approvals import errors, keys
from approvals.api import problems

from .conftest import client

#: The token is put in here, so a generated one is not tried; and no schema can say all that an ask must be.
NOT_ASKED = [checks.ignored_auth, checks.positive_data_acceptance]


async def get(path: str):
    async with client() as caller:
        return await caller.get(path)


async def test_the_keys_that_sign_are_published_without_their_secrets():
    answer = await get("/.well-known/jwks.json")
    assert answer.json() == keys.jwks() and "max-age" in answer.headers["cache-control"]
    assert not any(set(key) & {"d", "p", "q"} for key in answer.json()["keys"])


async def test_the_history_of_keys_is_public_and_has_no_secrets():
    answer = await get("/.well-known/placet-keys.json")
    assert history.document(answer.content).current == keys.signer().kid
    assert not any(set(key) & {"d", "p", "q"} for key in answer.json()["keys"])


async def test_the_console_says_where_things_are():
    said = (await get("/.well-known/placet.json")).json()
    assert said["issuer"] == settings.PUBLIC_URL and said["limits"]["submission_bytes"] == 262144
    assert said["actions"] == f"{settings.PUBLIC_URL}/api/v1/actions"


async def test_the_document_is_openapi_3_1_and_names_every_call():
    said = (await get("/api/v1/openapi.json")).json()
    assert said["openapi"] == "3.1.0" and set(said["components"]["securitySchemes"]) == {"BearerToken", "SignedRequest"}
    calls = {call["operationId"] for path in said["paths"].values() for call in path.values()}
    assert calls == {
        "submit",
        "list",
        "pack",
        "read",
        "receipt",
        "consume",
        "outcome",
        "withdraw",
        "answer",
        "tools",
        "directory",
        "jwks",
        "keys",
        "about",
        "heads",
        "consistency",
        "proof",
    }


def test_every_refusal_a_server_can_meet_is_in_the_table():
    people_only = {
        "already_reviewed", "own_ask", "not_an_owner", "stale_view", "unknown_verdict", "text_missing", "bad_validity",
        "refused", "already_answered", "unknown_answer", "invalid_answer", "already_passed_on", "already_spoken_for",
        "bad_handover", "enough_of_your_role", "not_eligible", "nothing_to_escalate", "not_your_turn", "own_server",
        "passkey_missing", "passkey_not_taken",
        "not_an_editor", "not_editable", "bad_edit", "nothing_edited", "edit_leaves_rule", "connect_over",
        "unopened",
        "too_soon",
    }  # fmt: skip
    rooms = (errors.Refusal, errors.Unauthenticated, *vars(errors.asks).values())
    classes = [each for each in rooms if isinstance(each, type) and issubclass(each, errors.Refusal)]
    known = {refusal.code for refusal in classes}
    assert known - people_only <= set(problems.TABLE)


def test_a_refusal_the_table_does_not_know_is_a_fault_of_ours():
    with pytest.raises(KeyError):
        problems.of(errors.OwnAsk())


def operations():
    from approvals.api.lean import application

    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", application)
    return [result.ok() for result in schema.get_all_operations()]


@pytest.mark.parametrize(
    "call",
    [
        "submit",
        "list",
        "read",
        "receipt",
        "consume",
        "outcome",
        "withdraw",
        "answer",
        "tools",
        "jwks",
        "keys",
        "about",
        "heads",
        "consistency",
        "proof",
    ],
)
def test_whatever_is_sent_is_answered_as_the_document_says(call, token, refund, alice):
    (operation,) = [each for each in operations() if each.definition.raw["operationId"] == call]

    @given(case=operation.as_strategy())
    @how(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
    def ask(case):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}
        case.call_and_validate(excluded_checks=NOT_ASKED)

    ask()
