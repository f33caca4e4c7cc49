#!/bin/sh
# Collects the sentences of all pages into the catalogues, and compiles them. Needs gettext; nothing else does.
# What is translated stays; what is new stands there with an empty msgstr. `--no-obsolete` drops what nothing says now.
set -eu
cd "$(dirname "$0")/.."
command -v msgfmt >/dev/null || { echo "Install gettext first: nothing but this script needs it." >&2; exit 1; }
exec 9<locale
flock 9
DJANGO_SETTINGS_MODULE=config.settings .venv/bin/python scripts/messages.py "$@"
for catalogue in locale/*/LC_MESSAGES/django.po; do
  sed -i '/^"POT-Creation-Date:/d; /^"PO-Revision-Date:/d; /^#, fuzzy$/d' "$catalogue"
  msgfmt --check-format -o "${catalogue%.po}.mo" "$catalogue"
done
