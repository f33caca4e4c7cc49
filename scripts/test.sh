#!/bin/sh
# The whole suite in three calls. Apart, because the browser's driver keeps an event loop alive that asyncio tests
# cannot share, and because races need PostgreSQL. All three run even when one fails.
cd "$(dirname "$0")/.."
failed=0
call() {
  echo "── $1"
  shift
  .venv/bin/python -m pytest -q "$@" || failed=1
}
# Without them the tests that need them fail and say so; the others run.
sh scripts/counterparts.sh || failed=1
call "rules, rooms and journeys, on SQLite" -n 3 --dist worksteal -m "not browser and not postgres"
call "races, on PostgreSQL" --postgres -m postgres
call "pages, in Chromium" -m browser
exit $failed
