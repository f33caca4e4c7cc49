"""The official server in processes of its own, and a gate that asks a live console."""

import contextlib

import pytest
from placet import AsyncConsole

from . import running


@pytest.fixture(scope="session")
def shop_url():
    """The shop's desk, answering by event streams."""
    with running.shop() as url:
        yield url


@pytest.fixture(scope="session")
def json_shop_url():
    """The shop's desk, answering by plain JSON wherever it can."""
    with running.shop("json") as url:
        yield url


@pytest.fixture(scope="session")
def resumable_shop_url():
    with running.shop("resumable") as url:
        yield url


@pytest.fixture
def gated(console, token, jwks, owners):
    """`gated(upstream, …)`: a gate in front of it, asking the live console as the shop."""

    @contextlib.asynccontextmanager
    async def run(upstream: str, **options):
        side = AsyncConsole(console, token=token, pin=jwks, patience=2)
        async with running.gate(upstream, console=side, **({"subject": "dana@example.org"} | options)) as gate:
            yield gate

    return run
