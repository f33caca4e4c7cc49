"""Every catalogue is whole: nothing is left out or guessed, and what is compiled is what is written."""

import ast
import gettext
import re
from pathlib import Path

import pytest
from django.conf import settings

from approvals.templatetags.scripted import SENTENCES

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = sorted((ROOT / "locale").glob("*/LC_MESSAGES/django.po"))
PLACE = re.compile(r"%\(\w+\)[a-z]|%%\w|\{\w*\}")
TAG = re.compile(r"<[^>]*>")
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
#: What `make messages` looks for.
COLLECTED = {"_", "gettext", "ngettext", "pgettext", "said", "counted", "phrased"}
SAID = re.compile(r'\btell\("((?:[^"\\]|\\.)*)"')


def read(path: Path) -> list[dict[str, str]]:
    """The entries that are in use: each keyword of an entry with its text."""
    entries = []
    for block in re.split(r"\n\s*\n", path.read_text()):
        lines = block.splitlines()
        entry: dict[str, str] = {"flags": " ".join(line[2:] for line in lines if line.startswith("#,"))}
        keyword = ""
        for line in lines:
            if line.startswith("#"):
                continue
            keyword = line.split(" ", 1)[0] if not line.startswith('"') else keyword
            entry[keyword] = entry.get(keyword, "") + "".join(map(_unescaped, QUOTED.findall(line)))
        if entry.get("msgid"):
            entries.append(entry)
    return entries


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "t": "\t"}.get(found[1], found[1]), text)


def translations(entry: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in entry.items() if name.startswith("msgstr")}


def named(path: Path) -> str:
    return path.parts[-3]


def test_every_language_that_can_be_chosen_has_a_catalogue():
    assert {named(path) for path in CATALOGUES} == {code for code, _ in settings.LANGUAGES} - {"en"}


@pytest.mark.parametrize("path", CATALOGUES, ids=named)
def test_catalogue_is_whole(path):
    lacking = [e["msgid"] for e in read(path) if not all(translations(e).values()) or "fuzzy" in e["flags"]]
    assert not lacking, f"{len(lacking)} have no translation: see docs/translating.md"


@pytest.mark.parametrize("path", CATALOGUES, ids=named)
def test_places_and_marks_are_those_of_the_english_sentence(path):
    wrong = []
    for entry in read(path):
        known = {entry["msgid"], entry.get("msgid_plural", entry["msgid"])}
        for text in translations(entry).values():
            for what in (PLACE, TAG):
                if text and sorted(set(what.findall(text))) not in [sorted(set(what.findall(each))) for each in known]:
                    wrong.append((entry["msgid"], text))
    assert not wrong


@pytest.mark.parametrize("path", CATALOGUES, ids=named)
def test_no_translation_breaks_out_of_an_attribute(path):
    marks = []
    for entry in read(path):
        if '"' not in TAG.sub("", entry["msgid"]):
            marks += [text for text in translations(entry).values() if '"' in TAG.sub("", text)]
    assert not marks, "write „…“"


@pytest.mark.parametrize("path", CATALOGUES, ids=named)
def test_compiled_catalogue_is_the_written_one(path):
    with path.with_suffix(".mo").open("rb") as compiled:
        found = gettext.GNUTranslations(compiled)
    stale = []
    for entry in read(path):
        context = f"{entry['msgctxt']}\x04" if "msgctxt" in entry else ""
        key = context + entry["msgid"]
        for name, text in translations(entry).items():
            index = int(name[7:-1]) if "[" in name else 0
            have = found._catalog.get((key, index) if "[" in name else key, "")
            if have != text:
                stale.append((key, text, have))
    assert not stale, "run make messages"


def test_scripts_say_what_comes_with_the_page():
    said = {
        _unescaped(text) for path in (ROOT / "static" / "js").glob("*.js") for text in SAID.findall(path.read_text())
    }
    assert said == set(SENTENCES)


def test_no_sentence_hides_from_the_catalogue_inside_an_f_string():
    """What collects sentences does not look inside f-strings."""
    hiding = [
        f"{path.relative_to(ROOT)}: {node.args[0].value}"
        for folder in ("accounts", "approvals")
        for path in (ROOT / folder).rglob("*.py")
        for string in ast.walk(ast.parse(path.read_text()))
        if isinstance(string, ast.JoinedStr)
        for node in ast.walk(string)
        if isinstance(node, ast.Call)
        and (getattr(node.func, "id", "") or getattr(node.func, "attr", "")) in COLLECTED
        and isinstance(node.args[0], ast.Constant)
    ]
    assert not hiding
