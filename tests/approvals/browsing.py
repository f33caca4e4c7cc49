"""Pages as somebody asks for them, and verdicts as somebody's form sends them."""

from django.urls import reverse

from approvals import settlement


def action_page(action):
    return reverse("action", args=[action.pk])


def decide(client, who, action, verdict, *, seen=None, **more):
    client.force_login(who)
    seen = settlement.shown(action, policy=action.policy) if seen is None else seen
    return client.post(reverse("decide", args=[action.pk]), {"verdict": verdict, "seen": seen, **more})


def get(client, who, address, **query):
    client.force_login(who)
    return client.get(address, query)


def post(client, who, address, **said):
    client.force_login(who)
    return client.post(address, said)


def words(answer):
    """The page's text without the marks around foreign words."""
    return answer.text.replace('<bdi dir="ltr">', "").replace("</bdi>", "")
