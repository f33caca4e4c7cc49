"""Every page, in both themes and sizes: nothing that axe finds, no report of the content policy, no sideways scroll."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone

from approvals import reviews, sequencing, tallying
from approvals.demo import samples
from approvals.models import Entry
from tests.approvals import answering
from tests.asks import ask, submit
from tests.publishing import publish

from .conftest import DESK, PHONE, TABLET


@pytest.fixture
def furnished(transactional_db, alice, bob, shop):
    """An ask of each kind, one half approved, one denied, one approved, a gap, a comment; their addresses."""
    now = timezone.now()
    for kind, need in (
        ("tool_call", 2),
        ("sampling", 1),
        ("sampling_result", 1),
        ("elicitation_form", 1),
        ("elicitation_url", 1),
    ):
        publish(
            checkpoint=f"shop/{kind}", kind=kind, pattern="refund*" if kind == "tool_call" else "*", need=need,
            deadline_seconds=600, roles={"approval": "payments-owner", "logging": "payments-owner"}, at=now,
        )  # fmt: skip
    first = reversed(list(samples.asks()))  # of each kind: those after it may be refused
    by_kind = {value["kind"]: value for _, value in first if value["kind"] != "tool_call"}
    made = [submit(shop, value, key=kind, at=now).action for kind, value in by_kind.items()]
    made.append(_answer(shop, next(action for action in made if action.kind == "sampling"), alice, at=now))
    made.append(submit(shop, _unanswerable(), key="nobody", at=now).action)
    refunds = [submit(shop, value, key=f"t{n}", at=now).action for n, value in enumerate(_refunds())]
    half, denied, approved, large = refunds
    submit(shop, ask(tool="export"), key="gap", at=now)
    for action in (half, approved):
        reviews.record(action_id=action.pk, reviewer=bob, verdict="approve", note="Matches.", at=now)
    reviews.record(action_id=approved.pk, reviewer=alice, verdict="approve", at=now)
    reviews.record(action_id=denied.pk, reviewer=bob, verdict="deny", note="wrong", at=now)
    reviews.comment(action_id=half.pk, author=bob, text="Looks right.", at=now)
    line = _flow(shop, bob, at=now)
    here = {action: reverse("action", args=[action.pk]) for action in [*made, *refunds]}
    return [
        *("/", "/?view=decided", "/?q=nothing", "/password/", "/sign-out/", "/actions/none/"),
        *("/boundaries/", "/exceptions/", "/log/"),
        *("/?view=decided&state=denied&since=2020-01-01", "/sessions/shop/?id=s-81"),
        *("/insights/", "/insights/?weeks=4&sort=slow", "/ledger/", "/ledger/?q=nobody", f"/ledger/{line.pk}/"),
        *(f"/?action={half.pk}", f"{here[large]}?deny=1", f"{here[half]}?as=bytes", f"{here[large]}?open=*"),
        f"{here[half]}?told=stale_view",
        *here.values(),
    ]


def _flow(shop, bob, *, at):
    """A session of three steps, the days counted and a head signed; returns the line of its first decision."""
    flow = [submit(shop, ask(session="s-81"), key=f"s{n}", at=at).action for n in range(3)]
    reviews.record(action_id=flow[0].pk, reviewer=bob, verdict="deny", note="no", at=at)
    tallying.run(at=at)
    sequencing.run(at=at)
    return Entry.objects.filter(action=flow[0]).latest("pk")


def _answer(shop, sampling, alice, *, at):
    """The model's answer to an approved sampling, at its second checkpoint."""
    reviews.record(action_id=sampling.pk, reviewer=alice, verdict="approve", at=at)
    content = {"type": "text", "text": "Two suppliers still ship by sea."}
    params = {"role": "assistant", "content": content, "model": "assistant-large", "stopReason": "endTurn"}
    mcp = {"method": "sampling/createMessage", "params": params}
    return submit(
        shop, ask(kind="sampling_result", mcp=mcp, sampling_action=str(sampling.pk)), key="answer", at=at
    ).action


def _unanswerable():
    """A form for nobody here, of a tool whose definition changed."""
    schema = {"type": "object", "properties": {"reason": {"type": "string"}}}
    definition = {"dig": "A" * 43, "approved": "B" * 42 + "A"}
    return answering.form({"message": "?", "requestedSchema": schema}, subject="nobody", definition=definition)


def _refunds():
    refunds = [value for _, value in samples.asks() if value["mcp"]["params"].get("name") == "refund"]
    large = ask(mcp={"method": "tools/call", "params": {"name": "refund", "arguments": {"log": "a  b\n" * 1_000}}})
    return [*refunds, ask(), large]


def test_axe_finds_nothing_in_either_theme(visit, furnished, alice):
    alice.is_staff = True
    alice.save()
    page = visit(None, "/sign-in/")
    assert _violations(page) == []
    page = visit(alice, "/")
    for address in furnished:
        page.goto(address)
        if address == "/":
            page.locator("#pane .sheet").first.wait_for()
        assert _violations(page) == [], address


def test_no_page_scrolls_sideways(visit, furnished, alice):
    alice.is_staff = True
    alice.save()
    page = visit(alice, "/")
    for address in furnished:
        page.goto(address)
        for width, height in (DESK, TABLET, PHONE):
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (address, width)


def test_targets_on_a_phone_are_large_enough(visit, furnished, alice):
    page = visit(alice, furnished[-4], size=PHONE)
    for name in ("Approve", "Deny…"):
        box = page.locator("#bar .acts").get_by_text(name).bounding_box()
        assert box["height"] >= 43


def _violations(page):
    """What axe finds in the light theme and in the dark one."""
    found = []
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme)
        violations = Axe().run(page).response["violations"]
        found += [(theme, v["id"], [node["html"][:160] for node in v["nodes"]]) for v in violations]
    return found
