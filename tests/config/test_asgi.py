"""The one door of the web process: which sockets it opens, and to whose pages."""

import pytest
from channels.testing import WebsocketCommunicator

from config.asgi import application


async def opened(settings, *, origin, path="/ws/inbox") -> bool:
    headers = [(b"origin", origin.format(settings.PUBLIC_URL).encode())] if origin else []
    socket = WebsocketCommunicator(application, path, headers=headers)
    connected, _ = await socket.connect()
    await socket.disconnect()
    return connected


@pytest.mark.django_db(transaction=True)
async def test_a_page_of_this_console_may_open_a_socket(settings):
    assert await opened(settings, origin="{}")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("origin", ["", "null", "http://evil.example", "http://127.0.0.1:9", "http://localhost:1"])
async def test_no_other_page_may_even_on_this_machine(settings, origin):
    assert not await opened(settings, origin=origin)


@pytest.mark.django_db(transaction=True)
async def test_there_is_no_other_socket(settings):
    assert not await opened(settings, origin="{}", path="/ws/other")
