"""Write the figures, the misses and the rules into docs/secrets.md: `python -m scripts.secrets_page`."""

import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "secrets.md"
sys.path[:0] = [str(ROOT), str(ROOT / "sdk")]


def written() -> str:
    """The page as it should stand: between each pair of marks, what is true now."""
    page = PAGE.read_text()
    for name, lines in (("figures", _figures()), ("rules", _rules())):
        before, start, rest = page.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition("<!-- end -->\n")
        page = before + start + "\n".join(lines) + "\n" + end + after
    return page


def _figures() -> Iterable[str]:
    from tests.approvals.secrets import corpus

    yield "| forms | number | precision | recall |\n|---|---|---|---|"
    parts = {
        "used to tune the words": corpus.score(held_out=False),
        "held out": corpus.score(held_out=True),
        "of these, with fields of other names than any used to tune": corpus.score(held_out=True, unlike=True),
    }
    for words, score in parts.items():
        yield f"| {words} | {score.forms} | {score.precision:.3f} | {score.recall:.3f} |"
    yield ""
    for held_out in (True, False):
        score = corpus.score(held_out=held_out)
        part = "held out" if held_out else "tuning"
        yield from (f"- missed ({part}): `{form.path}`, {_fields(form)}" for form in score.missed)
        yield from (f"- refused for nothing ({part}): `{form.path}`, rule {form.hits[0].rule}" for form in score.wrong)


def _fields(form: object) -> str:
    return "field " + ", ".join(f"`{name}`" for name in form.asks)  # type: ignore[attr-defined]


def _rules() -> Iterable[str]:
    from approvals.rules.secrets import FORM_RULES, VALUE_RULES

    yield "| rule | it found |\n|---|---|"
    yield from (f"| `{name}` | {words}, asked for in a form |" for name, words in FORM_RULES.items())
    yield from (f"| `{name}` | {words} |" for name, words in VALUE_RULES.items())


if __name__ == "__main__":
    PAGE.write_text(written())
