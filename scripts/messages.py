"""Collect what pages say into locale/*/LC_MESSAGES/django.po. For translators, see docs/translating.md."""

import sys
from pathlib import Path

from django.core.management.commands import makemessages

ROOT = Path(__file__).resolve().parent.parent
NOT_PAGES = (".venv", ".uv", "benchmarks", "docs", "locale", "scripts", "sdk", "tests", "var", "node_modules")


class Collect(makemessages.Command):
    """Never guesses what a new sentence could mean: a wrong guess reads like a translation."""

    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]
    # Sentences that verbs and rules make before anybody reads them (accounts/words.py).
    xgettext_options = [
        *makemessages.Command.xgettext_options, "--keyword=said", "--keyword=counted:1,2", "--keyword=phrased",
    ]  # fmt: skip


def main() -> None:
    sys.path.insert(0, str(ROOT))
    from config import settings

    languages = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
    said = [word for code in languages for word in ("--locale", code)]
    ignored = [word for name in NOT_PAGES for word in ("--ignore", name)]
    told = ["--no-wrap", "--add-location", "file", *said, *ignored, *sys.argv[1:]]
    Collect().run_from_argv(["messages", "makemessages", *told])


if __name__ == "__main__":
    main()
