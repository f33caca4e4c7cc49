"""GET /api/v1/directory: what a server pins, and that only servers read it."""

from asgiref.sync import sync_to_async
from placet import cli
from placet.receipts import Directory

from accounts import servers
from tests.approvals.signing import device_of

from .conftest import client, refused


async def test_a_server_reads_whom_it_may_pin(door, alice, now):
    device = await sync_to_async(device_of)(alice, at=now)
    answer = await door.client.get("/api/v1/directory")
    assert answer.status_code == 200
    person = Directory(answer.json()).person("user:alice")
    assert person["passkeys"][0]["id"] == device.name


async def test_nobody_else_reads_it_and_no_longer_than_its_credentials_are_good(door, shop, alice, now):
    async with client("plc_00_wrong") as stranger:
        assert (await stranger.get("/api/v1/directory")).status_code == 401
    await sync_to_async(servers.stop)(server=shop, at=now)
    refused(await door.client.get("/api/v1/directory"), 401, "stopped_server")


def test_the_command_line_keeps_it_in_a_file(console, shop, alice, now, tmp_path, monkeypatch, capsys):
    device = device_of(alice, at=now)
    monkeypatch.setenv("PLACET_TOKEN", servers.issue_token(server=shop, at=now))
    kept = tmp_path / "directory.json"
    assert cli.main(["directory", "export", "--url", console, "--out", str(kept)]) == 0
    assert Directory.file(kept).person("user:alice")["passkeys"][0]["id"] == device.name
    assert cli.main(["directory", "export", "--url", console]) == 0
    assert '"placet.directory.v1"' in capsys.readouterr().out
