"""Two names beside each other, letter by letter, so that an eye finds what differs."""

from difflib import SequenceMatcher

from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

register = template.Library()

LONGEST = 48  # letters that still fit a line; longer names are told apart in words alone


@register.simple_tag
def letters(this: str, known: str) -> SafeString:
    """A table of two lines: this name, and the known one it could be taken for."""
    if max(len(this), len(known)) > LONGEST:
        return mark_safe("")
    lines: tuple[list[str], list[str]] = ([], [])
    for how, a, b, c, d in SequenceMatcher(None, this, known, autojunk=False).get_opcodes():
        room = max(b - a, d - c)
        for line, part in zip(lines, (this[a:b], known[c:d]), strict=True):
            line.extend(_cells(part, room, differs=how != "equal"))
    rows = (
        format_html('<tr><th scope="row">{}</th>{}</tr>', name, mark_safe("".join(line)))  # noqa: S308 (cells are escaped)
        for name, line in zip((_("this ask"), _("known")), lines, strict=True)
    )
    return mark_safe(f'<table class="letters" dir="ltr"><tbody>{"".join(rows)}</tbody></table>')  # noqa: S308 (as above)


def _cells(part: str, room: int, *, differs: bool) -> list[str]:
    """A cell for each letter; the last takes what room is left."""
    mark = ' class="off"' if differs else ""
    wide = f' colspan="{room - len(part) + 1}"' if room > len(part) else ""
    cells = [f"<td{mark}>{conditional_escape(letter)}</td>" for letter in part]
    if not part:
        return [f'<td{mark} colspan="{room}"></td>']
    return [*cells[:-1], f"<td{mark}{wide}>{conditional_escape(part[-1])}</td>"]
