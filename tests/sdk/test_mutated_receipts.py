"""Thousands of receipts with something changed: none is believed, at either level.

With FORGERIES=10000 each way of changing them is tried at least so often (`make forgeries`).
"""

import copy
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from placet import jws
from placet.canonical import canonical
from placet.receipts import DENIAL, Directory, Expected, Floor, MemorySpent, NotVerified, Pin, verify

from .forge import proven
from .forge import receipts as forge

APPROVAL = forge.GOOD.encode()
NO = forge.sealed(forge.refusal("denied", "owner_denied"), typ=DENIAL).encode()
EXPECT = Expected(audience=forge.SHOP, kind="tool_call", effective=forge.REFUND, action=forge.ACTION, nonce=forge.NONCE)
PIN = Pin(forge.PIN)
MANY = int(os.environ.get("FORGERIES", "0"))
BATCH, EXAMPLES = 50, max(60, MANY // 50)

byte = st.integers(0, 255)
place = st.integers(0, len(APPROVAL) - 1)
changes = st.tuples(st.sampled_from(["flip", "put", "insert", "delete", "cut", "twice", "swap"]), place, byte, place)
bounded = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def change(receipt: bytes, how: str, at: int, with_: int, other: int) -> bytes:
    at, other = at % len(receipt), other % len(receipt)
    first, last = min(at, other), max(at, other)
    return {
        "flip": receipt[:at] + bytes([receipt[at] ^ (with_ or 1)]) + receipt[at + 1 :],
        "put": receipt[:at] + bytes([with_]) + receipt[at + 1 :],
        "insert": receipt[:at] + bytes([with_]) + receipt[at:],
        "delete": receipt[:at] + receipt[at + 1 :],
        "cut": receipt[:at],
        "twice": receipt[:last] + receipt[first:],
        "swap": receipt[:first] + receipt[last:] + receipt[first:last],
    }[how]


def refused(receipt: bytes) -> bool:
    with pytest.raises(NotVerified):
        verify(receipt, pin=PIN, expect=EXPECT, now=forge.NOW, spent=MemorySpent())
    return True


@bounded
@given(st.lists(changes, min_size=BATCH, max_size=BATCH))
def test_no_receipt_with_a_changed_byte_is_believed(batch):
    for how in batch:
        mutated = change(APPROVAL, *how)
        assert mutated == APPROVAL or refused(mutated)


@settings(bounded, max_examples=max(20, MANY // 50))
@given(st.lists(changes, min_size=BATCH, max_size=BATCH))
def test_no_denial_with_a_changed_byte_becomes_anything(batch):
    for how in batch:
        refused(change(NO, *how))


def places(value: object) -> list[list]:
    """The path to every member of the claims."""
    if isinstance(value, dict):
        return [[key, *rest] for key in value for rest in [[], *places(value[key])]]
    if isinstance(value, list):
        return [[index, *rest] for index in range(len(value)) for rest in [[], *places(value[index])]]
    return []


CLAIMS = forge.approval()
BOUND = [path for path in places(CLAIMS) if path[0] not in ("sub", "jti", "reviews", "nbf", "iat", "exp", "pol")]
SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5)
junk = SCALARS | st.lists(st.integers(0, 3), max_size=2)


@settings(bounded, max_examples=max(200, MANY))
@given(st.sampled_from(BOUND), junk | st.just(...))
def test_even_the_console_cannot_sign_another_meaning_into_a_receipt(path, value):
    """Signed by the right key, with a member that matters changed to something else or taken away."""
    claims = copy.deepcopy(CLAIMS)
    *parents, last = path
    holder = claims
    for step in parents:
        holder = holder[step]
    if value is ... and isinstance(holder, dict):
        del holder[last]
    else:
        holder[last] = None if value is ... else value
    if path[-1] == "name" or canonical(claims) == canonical(CLAIMS):
        return  # what a tool is called is inside the digest already
    assert refused(forge.sealed(claims).encode())


@settings(bounded, max_examples=max(100, MANY))
@given(st.sampled_from(places(CLAIMS)), junk)
def test_what_somebody_else_signs_is_never_believed(path, value):
    claims = copy.deepcopy(CLAIMS)
    holder = claims
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    header = {"alg": "Ed25519", "kid": forge.CONSOLE.kid, "typ": "placet-approval+jwt"}
    assert refused(forge.sealed(claims, signer=forge.MALLORY, header=header).encode())


PROVEN = proven.ONE.encode()
PEOPLE = Directory(proven.directory(proven.person("alice", proven.ALICE.passkey())))
PROVEN_CLAIMS = forge.changed(forge.approval()) | {"reviews": [proven.said("alice")]}


def refused_at_level_2(receipt: bytes) -> bool:
    with pytest.raises(NotVerified):
        verify(
            receipt, pin=PIN, expect=EXPECT, now=forge.NOW, spent=MemorySpent(), floor=Floor(level=2), directory=PEOPLE
        )
    return True


@settings(bounded, max_examples=max(20, MANY // 50))
@given(st.lists(changes, min_size=BATCH, max_size=BATCH))
def test_no_proven_receipt_with_a_changed_byte_is_believed(batch):
    for how in batch:
        mutated = change(PROVEN, *how)
        assert mutated == PROVEN or refused_at_level_2(mutated)


@settings(bounded, max_examples=max(150, MANY))
@given(st.sampled_from([path for path in places(PROVEN_CLAIMS) if path[:2] == ["reviews", 0]]), junk | st.just(...))
def test_even_the_console_cannot_change_what_a_passkey_signed(path, value):
    """Signed by the right key, with a member of the review or of its assertion changed or taken away."""
    claims = copy.deepcopy(PROVEN_CLAIMS)
    *parents, last = path
    holder = claims
    for step in parents:
        holder = holder[step]
    if value is ... and isinstance(holder, dict):
        del holder[last]
    else:
        holder[last] = None if value is ... else value
    if canonical(claims) != canonical(PROVEN_CLAIMS):
        assert refused_at_level_2(forge.sealed(claims).encode())


at_bit = st.tuples(st.sampled_from(["authenticatorData", "clientDataJSON", "signature"]), st.integers(0, 4095))


@settings(bounded, max_examples=max(150, MANY))
@given(at_bit)
def test_no_bit_of_an_assertion_can_be_changed(where):
    name, bit = where
    claims = copy.deepcopy(PROVEN_CLAIMS)
    raw = bytearray(jws.decode(claims["reviews"][0]["webauthn"][name].encode()))
    raw[bit // 8 % len(raw)] ^= 1 << bit % 8
    claims["reviews"][0]["webauthn"][name] = jws.encode(bytes(raw)).decode()
    assert refused_at_level_2(forge.sealed(claims).encode())
