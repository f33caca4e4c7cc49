"""Revisions of rules, read once: they never change."""

from functools import lru_cache

from ..models import Policy


@lru_cache(maxsize=4096)
def known(policy_id: int, dig: str) -> Policy:
    """A revision never changes, so it is read once. The digest is part of the name: ids may come again, in tests."""
    return Policy.objects.select_related("checkpoint").get(pk=policy_id, dig=dig)
