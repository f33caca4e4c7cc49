"""The database URL, and what becomes of it."""

from pathlib import Path

from config import databases

BASE = Path("/base")


def test_hot_statements_are_prepared_and_planned_by_index():
    options = databases.parse("postgresql://console@db/placet", base=BASE)["OPTIONS"]
    assert options["prepare_threshold"] == 5
    assert "force_generic_plan" in options["options"] and "enable_seqscan=off" in options["options"]


def test_a_pooler_gets_no_prepared_statements_when_told_so():
    options = databases.parse("postgresql://console@db/placet?prepare_threshold=off&sslmode=require", base=BASE)[
        "OPTIONS"
    ]
    assert options["prepare_threshold"] is None and "options" not in options
    assert options["sslmode"] == "require"
