"""The intake queue: signed asks come in batches, once each, and nothing is lost on the way."""

import random
import threading
import time

import pytest
import redis
from django.db import connection
from placet.receipts import FileSigner

from accounts import servers
from approvals.models import Action, Finding
from approvals.queue import BrokerAway, reader
from approvals.queue.stream import StreamIntake
from tests.approvals.secrets.planted import SECRETS
from tests.asks import ask


def test_a_signed_ask_is_admitted_and_leaves_the_queue(queue, intake, refund, alice):
    queue.send(queue.sealed())
    assert reader.turn(intake) == 1
    action = Action.objects.get()
    assert (action.server.name, action.idempotency_key, action.state) == ("shop", "k1", "pending")
    assert queue.waiting() == 0 and queue.dead() == []


def test_asks_sent_before_any_reader_lived_are_read(queue, refund, alice, valkey):
    queue.send(*(queue.sealed(key=f"k{i}") for i in range(3)))
    late = StreamIntake(valkey)
    assert reader.turn(late) == 3 and Action.objects.count() == 3


def test_a_batch_takes_one_transaction(queue, intake, refund, alice, django_assert_max_num_queries):
    queue.send(*(queue.sealed(key=f"k{i}") for i in range(50)))
    with django_assert_max_num_queries(25):
        assert reader.turn(intake) == 50
    assert Action.objects.count() == 50


def test_duplicates_and_another_order_change_nothing(queue, intake, refund, alice):
    sent = [queue.sealed(ask(session=f"s-{i}"), key=f"k{i}") for i in range(8)] * 4
    random.Random(7).shuffle(sent)
    queue.send(*sent)
    while reader.turn(intake):
        pass
    asked = Action.objects.values_list("idempotency_key", "session")
    assert sorted(asked) == [(f"k{i}", f"s-{i}") for i in range(8)] and queue.dead() == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iat": 1_700_000_000, "exp": 1_700_000_600}, "expired_token"),
        ({"iss": "urn:placet:server:bakery"}, "wrong_audience"),
        ({"aud": "https://elsewhere.example"}, "wrong_audience"),
        ({"typ": "placet-request+jwt"}, "bad_signature"),
        ({"key": None}, "wrong_type"),
        ({"key": ""}, "bad_idempotency_key"),
        ({"ask": {"kind": "nonsense"}}, "unknown_kind"),
        ({"ask": None}, "wrong_type"),
    ],
)
def test_what_cannot_be_admitted_is_buried_with_its_reason(queue, intake, refund, alice, changes, reason):
    queue.send(queue.sealed(key="good"), queue.sealed(**changes))
    assert reader.turn(intake) == 2
    assert queue.dead() == [reason] and queue.waiting() == 0
    assert Action.objects.get().idempotency_key == "good"


def test_an_ask_that_we_stumble_over_is_buried_alone(queue, intake, refund, alice, monkeypatch):
    """A fault of ours in reading one ask must not hold up everybody's, again and again."""
    read = reader.envelope.read

    def stumbling(claims, *, sealed):
        if claims["key"] == "bad":
            raise TypeError("unhashable type: 'list'")
        return read(claims, sealed=sealed)

    monkeypatch.setattr(reader.envelope, "read", stumbling)
    queue.send(queue.sealed(key="bad"), queue.sealed(key="good"))
    assert reader.turn(intake) == 2
    assert queue.dead() == ["internal"] and queue.waiting() == 0
    assert Action.objects.get().idempotency_key == "good"


@pytest.mark.parametrize("envelope", [b"", b"nonsense", b"a.b.c", b"\xff\xfe", b"x" * 500_000])
def test_what_is_no_envelope_is_buried(queue, intake, envelope):
    queue.send(envelope)
    assert reader.turn(intake) == 1 and len(queue.dead()) == 1 and not Action.objects.exists()


def test_an_ask_that_holds_a_secret_is_buried_without_it(queue, intake, refund, alice):
    token = SECRETS["github-token"]
    params = {"name": "refund", "arguments": {"note": token}}
    queue.send(queue.sealed(ask(mcp={"method": "tools/call", "params": params})))
    assert reader.turn(intake) == 1 and queue.dead() == ["holds_secret"] and queue.waiting() == 0
    (_, letter), *_ = queue.client.xrange("placet.intake.dead")
    assert letter[b"envelope"] == b"" and b"/mcp/params/arguments/note" in letter[b"detail"]
    assert token.encode() not in letter[b"detail"] and not Action.objects.exists()
    assert [(row.code, row.about) for row in Finding.objects.all()] == [("secret", "github-token")]


@pytest.mark.parametrize("whose", ["ours", "nobody's", "none at all"])
def test_what_was_buried_for_another_reason_is_kept_without_its_secret_too(queue, intake, tmp_path, whose):
    token = SECRETS["github-token"]
    if whose == "nobody's":
        queue.key = FileSigner.generate(tmp_path / "mallory.pem")
    sealed = queue.sealed({"kind": "no such kind", "note": f"with {token}"})
    queue.send(token.encode() if whose == "none at all" else sealed)
    assert reader.turn(intake) == 1
    ((_, letter),) = queue.client.xrange("placet.intake.dead")
    assert letter[b"envelope"] == b"" and letter[b"reason"] != b"holds_secret"


def test_a_message_without_an_envelope_is_buried(queue, intake):
    queue.client.xadd("placet.intake", {"other": "field"})
    assert reader.turn(intake) == 1 and queue.dead() == ["bad_signature"]


def test_a_strangers_signature_is_buried(queue, intake, tmp_path):
    queue.key = FileSigner.generate(tmp_path / "mallory.pem")
    queue.send(queue.sealed())
    reader.turn(intake)
    assert queue.dead() == ["unknown_key"]


def test_dead_letters_are_one_finding_a_server_and_reason(queue, intake, shop, refund, alice, tmp_path):
    mine, queue.key = queue.key, FileSigner.generate(tmp_path / "mallory.pem")
    queue.send(*(queue.sealed(key=f"s{i}") for i in range(3)))
    queue.key = mine
    queue.send(*(queue.sealed({"kind": "nonsense"}, key=f"k{i}") for i in range(2)), queue.sealed(key=""))
    reader.turn(intake)
    queue.send(queue.sealed({"kind": "nonsense"}, key="k9"))
    reader.turn(intake)
    found = {(row.server, row.about): row.count for row in Finding.objects.select_related("server")}
    assert found == {(None, "unknown_key"): 3, (shop, "unknown_kind"): 3, (shop, "bad_idempotency_key"): 1}
    assert {row.code for row in Finding.objects.all()} == {"dead_letter"}


def test_a_stopped_server_is_not_read(queue, intake, shop, refund, alice, now):
    servers.stop(server=shop, at=now)
    queue.send(queue.sealed())
    reader.turn(intake)
    assert queue.dead() == ["stopped_server"] and not Action.objects.exists()


def test_a_used_key_with_another_ask_is_buried(queue, intake, refund, alice):
    queue.send(queue.sealed(), queue.sealed(ask(session="another")))
    reader.turn(intake)
    assert queue.dead() == ["idempotency_conflict"] and Action.objects.count() == 1


def test_an_ask_larger_than_rest_would_take_is_buried(queue, intake, refund, alice):
    queue.send(queue.sealed(ask(signals={"pad": "x" * 262_144})))
    reader.turn(intake)
    assert queue.dead() == ["too_large"]


def test_what_a_dead_reader_held_is_taken_over(queue, intake, refund, alice, valkey):
    queue.send(queue.sealed())
    died = StreamIntake(valkey)
    assert len(died.receive(limit=10, seconds=0.1)) == 1  # and then it is killed
    assert reader.turn(intake) == 0
    time.sleep(0.6)
    assert reader.turn(intake) == 1 and Action.objects.count() == 1 and queue.waiting() == 0


def test_a_message_that_kills_every_reader_is_buried(queue, refund, alice, valkey):
    queue.send(queue.sealed())
    for _ in range(7):
        dying = StreamIntake(valkey, claim_idle=0.01)
        dying.receive(limit=10, seconds=0.01)
        time.sleep(0.02)
    assert queue.dead() == ["reader_died"] and queue.waiting() == 0
    assert Finding.objects.get().about == "reader_died"


def test_while_the_database_is_away_asks_wait_in_the_queue(queue, intake, refund, alice):
    queue.send(queue.sealed())
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE approvals_action RENAME TO approvals_gone")
    try:
        with pytest.raises(Exception, match="approvals_action"):
            reader.turn(intake)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE approvals_gone RENAME TO approvals_action")
    assert queue.waiting() == 1 and queue.dead() == []
    intake.give_back()
    assert reader.turn(intake) == 1 and Action.objects.count() == 1


def test_a_wiped_redis_is_set_up_again(queue, intake, refund, alice):
    queue.send(queue.sealed(key="k1"))
    reader.turn(intake)
    queue.client.flushall()
    reader.turn(intake)
    queue.send(queue.sealed(key="k2"))
    reader.turn(intake)
    assert Action.objects.count() == 2


def test_a_redis_that_is_away_is_named_so(valkey):
    gone = StreamIntake("redis://127.0.0.1:1/0")
    with pytest.raises(BrokerAway):
        gone.receive(limit=1, seconds=0.1)


def test_the_reader_runs_until_it_is_told_to_stop(queue, refund, alice):
    stop = threading.Event()
    thread = threading.Thread(target=reader.run, args=(stop,))
    thread.start()
    queue.send(queue.sealed())
    deadline = time.monotonic() + 5
    while queue.waiting() and time.monotonic() < deadline:
        time.sleep(0.02)
    stop.set()
    thread.join(2)
    assert not thread.is_alive() and Action.objects.count() == 1
    assert queue.client.xinfo_consumers("placet.intake", "placet") == []


def test_without_any_broker_nothing_is_read(settings):
    settings.REDIS_URL = settings.BROKER_URL = None
    reader.run(threading.Event())


def test_readers_side_by_side_share_the_work(queue, refund, alice, valkey):
    queue.send(*(queue.sealed(key=f"k{i}") for i in range(4)))
    one, two = StreamIntake(valkey), StreamIntake(valkey)
    first, second = one.receive(limit=2, seconds=0.1), two.receive(limit=2, seconds=0.1)
    assert len({m.handle for m in [*first, *second]}) == 4
    with redis.Redis.from_url(valkey) as client:
        assert client.xpending("placet.intake", "placet")["pending"] == 4


def test_what_cannot_be_sealed_waits_and_is_not_buried(queue, intake, settings, tmp_path, now):
    """As after a restore without the keys: the database holds sealed rows, and nothing here opens them."""
    from approvals.errors.sealed import SealingKeyMissing
    from approvals.sealing import ring

    queue.send(queue.sealed(key="first"))
    reader.turn(intake)
    kept, settings.KEYS_DIR, ring._folder.ring = settings.KEYS_DIR, tmp_path / "gone", None
    queue.send(queue.sealed(key="second"))
    with pytest.raises(SealingKeyMissing):
        reader.turn(intake)
    assert queue.waiting() == 1
    assert queue.dead() == []
    settings.KEYS_DIR, ring._folder.ring = kept, None
    intake.give_back()
    reader.turn(intake)
    assert queue.waiting() == 0
