#!/bin/sh
# The whole suite in three calls. Apart, because the browser's driver keeps an event loop alive that asyncio tests
# cannot share, and because races need PostgreSQL. All three run even when one fails; the last two side by side.
cd "$(dirname "$0")/.."
failed=0
call() {
  echo "── $1"
  shift
  .venv/bin/python -m pytest -q "$@"
}
# Without them the tests that need them fail and say so; the others run.
sh scripts/counterparts.sh || failed=1
call "rules, rooms and journeys, on SQLite" -n 4 --dist worksteal -m "not postgres and not long" --ignore=tests/browser || failed=1
races=$(mktemp)
trap 'rm -f "$races"' EXIT
# Only where there are some, because to collect everything takes longer than to run them.
call "races, on PostgreSQL" --postgres -m postgres $(grep -rl "mark.postgres" tests --include=*.py) > "$races" 2>&1 &
call "pages, in Chromium" -n 2 --dist worksteal tests/browser || failed=1
wait $! || failed=1
cat "$races"
exit $failed
