#!/bin/sh
# Installs what Placet is measured against: sh benchmarks/peers/install.sh, then make bench. Nothing of it is in the product.
# It goes to .venv/peers, by the exact versions and digests beside this file; no install script of a package is run.
set -eu
cd "$(dirname "$0")/../.."
here=benchmarks/peers
there=.venv/peers
uv=.venv/installer/bin/uv
sh scripts/bootstrap.sh test
mkdir -p "$there"
"$uv" venv -q --clear --python .venv/bin/python "$there/python"
"$uv" pip sync -q --python "$there/python/bin/python" --require-hashes "$here/requirements.txt"
cp "$here/package.json" "$here/package-lock.json" "$there/"
(cd "$there" && npm ci --ignore-scripts --no-audit --no-fund --loglevel error)
echo "Installed in $there; make bench measures them too."
