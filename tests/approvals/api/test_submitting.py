"""POST /api/v1/actions: what is admitted, and every way not to be."""


async def test_an_ask_is_admitted_and_waits(door, refund, alice):
    answer = await door.submit()
    assert answer.status_code == 201, answer.text
    said = answer.json()
    assert said["state"] == "pending" and said["checkpoint"] == "shop/refund" and said["receipt"] is None
    assert answer.headers["location"] == f"/api/v1/actions/{said['id']}"
