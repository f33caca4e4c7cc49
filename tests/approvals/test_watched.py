"""Values that a rule watches: whether such a one was approved before, and whose word a name is."""

from datetime import timedelta

import pytest

from approvals import reviews
from approvals.errors import BadPolicy, NotAnAsk
from approvals.forms.checkpoints import watching as rows
from approvals.rules import policies, watched
from approvals.rules.policies import Watch
from tests.asks import ask, submit
from tests.publishing import publish

from .browsing import action_page, get


def call(**arguments):
    return {"method": "tools/call", "params": {"name": "refund", "arguments": arguments}}


def look(now, *before, **watch):
    (found,) = watched.look([Watch(**watch)], kind="tool_call", body=call(**now), earlier=[call(**b) for b in before])
    return found


def test_a_value_that_none_of_the_earlier_asks_had_is_new():
    found = look({"iban": "DE1"}, {"iban": "DE2"}, {"iban": "DE3"}, at="/iban", called="account")
    assert (found.word, [item.at for item in found.first]) == ("account", ["/params/arguments/iban"])
    assert look({"iban": "DE1"}, {"iban": "DE1"}, {"iban": "DE3"}, at="/iban").seen == 1


def test_nothing_is_new_where_there_is_nothing_to_compare_with():
    assert not look({"iban": "DE1"}, at="/iban").first


def test_of_a_list_each_value_is_looked_at():
    found = look({"to": ["a@x", "b@x"]}, {"to": ["a@x"]}, at="/to")
    assert [item.at for item in found.first] == ["/params/arguments/to/1"]


def test_a_number_is_no_text_and_yes_is_not_one():
    assert look({"n": 1}, {"n": "1"}, {"n": True}, at="/n").seen == 0
    assert look({"n": "1"}, {"n": 1}, at="/n").first
    assert look({"n": 1}, {"n": 1.0}, at="/n").seen == 1


def test_a_number_above_all_earlier_ones_is_the_largest():
    assert look({"amount": 500}, {"amount": 200}, {"amount": 499.5}, at="/amount").largest
    assert not look({"amount": 200}, {"amount": 200}, at="/amount").largest
    assert not look({"amount": True}, {"amount": 0}, at="/amount").largest


@pytest.mark.parametrize("arguments", [{}, {"iban": {"deep": "DE1"}}, {"iban": []}])
def test_what_is_not_there_or_holds_others_is_not_told_of(arguments):
    body, earlier = call(**arguments), [call(iban="DE1")]
    assert watched.look([Watch(at="/iban")], kind="tool_call", body=body, earlier=earlier) == []


@pytest.mark.parametrize(
    ("watch", "pointer"),
    [
        ([{"at": "iban"}], "/watch/0/at"), ([{"at": ""}], "/watch/0/at"), ([{"at": "/a~2"}], "/watch/0/at"),
        ([{"at": "/a"}, {"at": "/a"}], "/watch/1/at"), ([{"at": "/a", "called": " x"}], "/watch/0/called"),
        ([{"at": "/a", "names": {"x": ""}}], "/watch/0/names/x"),
        ([{"at": "/a", "names": {str(n): "x" for n in range(301)}}], "/watch/0/names"),
        ([{"at": f"/{n}"} for n in range(9)], "/watch"),
    ],
)  # fmt: skip
def test_a_rule_that_watches_what_is_no_place_is_refused(watch, pointer):
    with pytest.raises(BadPolicy) as refused:
        policies.read({"checkpoint": "c", "kind": "tool_call", "pattern": "t", "effect": "deny", "watch": watch})
    assert refused.value.pointer == pointer


@pytest.mark.parametrize("pair", [("a", "b"), ("a = b", "c"), ("[x", "y"), (" a", "b"), ("a", "b\u2028c"), ("ä", "=")])
def test_a_form_gives_names_back_as_the_rule_has_them(pair):
    watch = {"at": "/x", "called": "", "names": dict([pair])}
    shown = rows.shown(watch)
    assert rows.read([shown]) == [watch]
    assert not rows.unreadable(shown["names"])


@pytest.mark.parametrize("text", ["no sign", "a = ", " = b", '["a"]', "a = b\na = c"])
def test_lines_of_names_that_cannot_be_read_are_told(text):
    assert rows.unreadable(text)


@pytest.fixture
def watching(refund, now):
    publish(
        checkpoint="shop/refund", pattern="refund", at=now, needs=[{"role": "payments-owner"}],
        consequence="This moves money; it cannot be undone.",
        watch=[
            {"at": "/order", "called": "order", "names": {"A9": "the <b>lamp</b>"}},
            {"at": "/amount"},
        ],
    )  # fmt: skip


def called(name, more, **arguments):
    return ask(tool=name, **more) | {"mcp": {"method": "tools/call", "params": {"name": name, "arguments": arguments}}}


def a_refund(order, amount, **more):
    return called("refund", more, order=order, amount=amount)


@pytest.mark.django_db
def test_an_owner_reads_what_is_new_what_is_largest_and_whose_word_a_name_is(
    client, watching, alice, shop, now, django_assert_max_num_queries
):
    for number in range(3):
        at = now + timedelta(minutes=number)
        before = submit(shop, a_refund("A1", 10 + number), key=str(number), at=at).action
        reviews.record(action_id=before.pk, reviewer=alice, verdict="approve", at=at)
    claims = {"names": {"/order": "a \u202etoy", "/nowhere": "x"}}
    action = submit(shop, a_refund("A9", 99, claims=claims), key="new", at=now + timedelta(hours=1)).action
    client.force_login(alice)
    with django_assert_max_num_queries(28):  # two more than where nothing is watched
        page = client.get(action_page(action)).text
    assert "order</bdi> first seen</span>" in page
    assert "in none of the 3 approved here since" in page
    assert "The largest so far: at most 12 in the 3 approved here since" in page
    assert "the &lt;b&gt;lamp&lt;/b&gt;" in page
    assert "the rule of" in page
    assert "shop says: " in page
    assert "U+202E" in page
    assert page.count("This moves money; it cannot be undone.") == 2, "beside the button too"


@pytest.mark.django_db
def test_what_was_approved_before_is_not_new(client, watching, alice, shop, now):
    before = submit(shop, a_refund("A9", 99), key="1", at=now).action
    reviews.record(action_id=before.pk, reviewer=alice, verdict="approve", at=now)
    action = submit(shop, a_refund("A9", 99), key="2", at=now + timedelta(hours=1)).action
    page = get(client, alice, action_page(action)).text
    assert "first seen</span>" not in page
    assert "As in 1 of the 1 approved here since" in page


@pytest.mark.django_db
def test_nobody_hears_of_what_was_approved_at_another_checkpoint(client, watching, alice, shop, now):
    publish(checkpoint="shop/other", pattern="pay", at=now, needs=[{"role": "payments-owner"}])
    before = submit(shop, called("pay", {}, order="A9"), key="1", at=now).action
    reviews.record(action_id=before.pk, reviewer=alice, verdict="approve", at=now)
    action = submit(shop, a_refund("A9", 99), key="2", at=now + timedelta(hours=1)).action
    assert "Nothing was approved here in 90 days to compare with." in get(client, alice, action_page(action)).text


@pytest.mark.parametrize("names", [[], {"x": "y"}, {"/x": ""}, {"/x": 1}, {f"/{n}": "x" for n in range(33)}])
@pytest.mark.django_db
def test_a_server_names_values_by_their_places_and_few_of_them(watching, shop, now, names):
    with pytest.raises(NotAnAsk):
        submit(shop, a_refund("A9", 99, claims={"names": names}), at=now)
