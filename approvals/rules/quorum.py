"""From verdicts to a decision."""

from collections.abc import Iterable


def outcome(verdicts: Iterable[str], *, need: int) -> str:
    """One deny denies; `need` approvals, each by another person, approve; else it goes on waiting."""
    verdicts = list(verdicts)
    if "deny" in verdicts:
        return "denied"
    return "approved" if verdicts.count("approve") >= need else "pending"
