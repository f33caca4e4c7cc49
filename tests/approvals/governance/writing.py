"""The form of a rule as a browser sends it."""

from django.urls import reverse

from tests.approvals.browsing import get


def sent(page, **changes):
    """What a browser sends of the form on this page, with these changes."""
    form, shown = page.context["form"], {}
    for field in form:
        value = field.value()
        if value is not None and value is not False:
            shown[field.html_name] = "on" if value is True else value
    base = {"base": page.context["policy"].revision} if page.context["policy"] else {}
    return shown | base | changes


def new(client, who, *, do="propose", **changes):
    """Fill in the form of a new checkpoint for payouts, with these changes."""
    typed = {"checkpoint": "shop/payouts", "pattern": "payout", "need_0_role": "payments-owner", "do": do}
    return client.post(reverse("checkpoint_new"), sent(get(client, who, reverse("checkpoint_new")), **typed | changes))


def edit(client, who, policy, *, do="propose", **changes):
    """Change these fields of a checkpoint's rule."""
    address = reverse("checkpoint_edit", args=[policy.checkpoint_id])
    return client.post(address, sent(get(client, who, address), do=do, **changes))
