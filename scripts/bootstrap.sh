#!/bin/sh
# Makes .venv from a hash-pinned lock: sh scripts/bootstrap.sh runtime|test|dev
# Needs only a Python 3 with venv and pip. Done before and nothing changed: returns at once.
set -eu
cd "$(dirname "$0")/.."
want=$1
lock=requirements/$want.lock
installer=requirements/installer.lock

stamp_of() { { cksum "$installer" "requirements/$1.lock"; pwd; } | cksum | tr " " "-"; }  # a moved folder counts as new
stamp=.venv/.placet-$want-$(stamp_of "$want")
have=.venv/.placet
# The test lock holds everything the runtime lock holds, and the dev lock everything of both.
case $want in runtime) enough="runtime test dev" ;; test) enough="test dev" ;; *) enough=$want ;; esac
for kind in $enough; do
  if [ -e "$have-$kind-$(stamp_of "$kind")" ]; then exit 0; fi
done

fail() { echo "Placet cannot be prepared: $*" >&2; exit 1; }
usable() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1; }

# What an interrupted run left cannot be trusted, package by package: it is made again as a whole.
busy=.venv/.placet-busy
pip() { .venv/bin/python -m pip --disable-pip-version-check "$@"; }
if [ -e .venv ] && { [ -e "$busy" ] || ! usable .venv/bin/python || ! pip --version >/dev/null 2>&1; }; then
  echo "Making .venv again: the one here is incomplete."
  rm -rf .venv
fi

# The installer lives beside the packages, not among them: `sync` removes whatever the lock does not name.
uv=.venv/installer/bin/uv
sync() { "$uv" pip sync -q --python .venv/bin/python --require-hashes "$lock"; }

from_this_python() {
  echo "Making .venv with $("$1" -c 'import sys; print("Python", sys.version.split()[0])')."
  "$1" -m venv .venv || fail "$1 could not make a virtual environment in $(pwd)."
}

from_any_python() {
  # Any Python with pip can fetch the installer, which needs no venv module and may download a newer Python.
  echo "No Python 3.12 or newer with venv is here; trying to get one."
  rm -rf .venv .uv
  { python3 -m pip install -q --disable-pip-version-check --require-hashes --target .uv -r "$installer" \
    && .uv/bin/uv venv -q --python '>=3.12' .venv && mv .uv .venv/installer; } >/dev/null 2>&1 \
    || { rm -rf .uv .venv; fail "it needs Python 3.12 or newer; none was found and none could be downloaded." \
      "Install one, or name it: make run PYTHON=/path/to/python3.12"; }
}

if [ ! -e .venv ]; then
  root=${PYENV_ROOT:-${HOME:-/nonexistent}/.pyenv}
  python=
  for candidate in ${PYTHON:-} python3.13 python3.12 python3.14 python3 /usr/bin/python3 \
    "$root"/versions/3.13*/bin/python3 "$root"/versions/3.1[2-9]*/bin/python3; do
    if usable "$candidate"; then python=$candidate; break; fi
  done
  if [ -n "$python" ]; then from_this_python "$python"; else from_any_python; fi
fi

echo "Installing the packages of $lock."
touch "$busy"
[ -x "$uv" ] || pip install -q --require-hashes --target .venv/installer -r "$installer" || true
if ! { [ -x "$uv" ] && sync; }; then
  echo "Installing with pip instead, which takes longer."
  pip install -q --require-hashes -r "$lock" || fail "the packages of $lock could not be installed; see the lines above."
fi

# The package in sdk/ is used from its folder, and its command line from .venv/bin.
packages=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
echo "$(pwd)/sdk" > "$packages/placet-sdk.pth"
cat > .venv/bin/placet <<'ENTRY'
#!/bin/sh
exec "$(dirname "$0")/python" -m placet "$@"
ENTRY
chmod +x .venv/bin/placet
rm -f "$have"-*  # the mark of a run under way among them
touch "$stamp"
