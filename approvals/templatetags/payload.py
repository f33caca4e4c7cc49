"""The one way in which a page shows a payload: values, named values, all of it readable back from what is seen.

What is marked for that reading is structure alone: that a value stands here (`data-leaf`), at which constant place
(`data-in`), that a name is the next step (`data-row` with its `data-label`, `data-named` with its `data-name`), that
something was left out until it is opened (`data-shut`). What a value is, is in the text and the chips that a person
sees, and nowhere else. `static/js/faithful.js` reads it back in the browser.
"""

from collections.abc import Iterable

from django import template
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from approvals.queries.page import Page
from approvals.rules.rendering.values import ROWS, Row, Rows, Sheet, Value, show

from . import watching
from .faithful import apart, day, element_id, faithful, grouped, open_link

register = template.Library()


@register.simple_tag(takes_context=True)
def value(context: template.Context, shown: Value | None, *, at: bool = False, kind: bool = True) -> SafeString:
    """One value, whole and faithful; a large one in outline until it was opened. "" for none.

    `at`: it stands at a place of its own, whose steps are words of the protocol. `kind`: say what it is when it is no
    text; False where that is said beside it.
    """
    if shown is None:
        return mark_safe("")
    return mark_safe(_leaf(context, shown, _place(shown.pointer) if at else "", kind=kind))  # noqa: S308 (made of escaped)


@register.simple_tag(takes_context=True)
def values(context: template.Context, table: Rows | None, *, at: bool = True) -> SafeString:
    """Named values as a table, beside those approved last when there were any."""
    if table is None or not (table.rows or table.escaped):
        return mark_safe("")
    where = _place(table.pointer) if at else ""
    if table.escaped:
        return mark_safe(_bytes(table, where))  # noqa: S308 (made of escaped)
    opener = _opener(context, table) if table.waits else ""
    return mark_safe(f"{opener}{_table(context, table, where)}")  # noqa: S308 (made of escaped)


@register.simple_tag(takes_context=True)
def lines(context: template.Context, table: Rows | None, *, at: bool = True) -> SafeString:
    """Named values as lines, for places too narrow for a table; as a table when there is more to say of them."""
    if table is None or table.escaped or table.waits:
        return values(context, table, at=at)
    return _wrapped(_lines(context, table.rows), _place(table.pointer) if at else "")


@register.filter
def drawn(whole: object) -> SafeString:
    """A value of an ask on a page that is not the ask's own; what is large stays cut, as its own page has all."""
    nowhere = template.Context()
    if isinstance(whole, dict | list) and whole:
        return lines(nowhere, Sheet(whole).rows(), at=False)
    return mark_safe(_leaf(nowhere, show(whole, path=(), opened=False)))  # noqa: S308 (made of escaped)


@register.simple_tag(takes_context=True)
def listed(context: template.Context, rows: Iterable[Row]) -> SafeString:
    """Rows as lines, named from where they stand."""
    return _wrapped(_lines(context, rows), "")


def _wrapped(inner: str, where: str) -> SafeString:
    return mark_safe(f"<div{where}>{inner}</div>" if inner else "")  # noqa: S308 (made of escaped)


def _lines(context: template.Context, rows: Iterable[Row]) -> str:
    return "".join(
        f'<div class="said" data-row><span class="quiet" data-label>{faithful(row.name)}</span> '
        f"{_leaf(context, row.value)}</div>"
        for row in rows
        if row.value
    )


def _leaf(context: template.Context, shown: Value, where: str = "", *, kind: bool = True) -> str:
    mark = f' id="v{element_id(shown.key)}"' if shown.large or shown.escaped else ""
    if shown.waits:
        return f'<div class="big"{mark} data-leaf data-shut{where}>{_outline(context, shown)}</div>'
    if shown.escaped:
        words = _("{measure}; too many marks to draw, so shown with JSON escapes").format(measure=_measure(shown))
        inner = (
            f'<p class="sub">{words}</p><pre class="bytes tall" tabindex="0" data-json>{escape(shown.escaped)}</pre>'
        )
        return f"<div{mark} data-leaf{where}>{inner}</div>"
    if shown.large:
        whole = _("Whole value")
        inner = f'<div class="bytes tall" tabindex="0" role="group" aria-label="{whole}">{faithful(shown.pieces)}</div>'
        words = _("{measure}, opened by you").format(measure=_measure(shown))
        return f'<div{mark} data-leaf{where}><p class="sub">{words}</p>{inner}</div>'
    said = f" <small data-kind>{shown.kind}</small>" if kind and shown.kind != "string" else ""
    whole = (
        faithful(shown.pieces) if shown.pieces else format_html('<span class="mark" data-empty>{}</span>', _("empty"))
    )
    return f"<span data-leaf{where}>{whole}{said}</span>"


def _outline(context: template.Context, shown: Value) -> str:
    about = _lines_and(shown.lines, _hidden(shown) or _("no hidden text"))
    reading, ending = _("Open and read"), _("… then, at its end …")
    return (
        f"<div><b>{filesizeformat(shown.size)}</b>"
        f'<span class="quiet small">{about}</span>{_link(context, shown.key, reading)}</div>'
        f'<div class="ends"><p class="bytes">{faithful(shown.pieces)}</p>'
        f'<p class="tiny">{ending}</p>'
        f'<p class="bytes">{faithful(shown.tail)}</p></div>'
    )


def _measure(shown: Value) -> str:
    several = _("{number} hidden, or more") if shown.more else _("{number} hidden")
    hidden = several.format(number=number_format(shown.alarms, force_grouping=True))
    words = f'<b class="no">{hidden}</b>' if shown.alarms else _("nothing hidden")
    return f"{filesizeformat(shown.size)}, {_lines_and(shown.lines, words)}"


def _hidden(shown: Value) -> str:
    """In how many places there is hidden text; "" for none."""
    text = ngettext("hidden text in {number} place", "hidden text in {number} places", shown.alarms)
    text = _("hidden text in {number} places or more") if shown.more else text
    said = text.format(number=number_format(shown.alarms, force_grouping=True))
    return f'<b class="no">{said}</b>' if shown.alarms else ""


def _lines_and(lines: int, more: str) -> str:
    number = number_format(lines, force_grouping=True)
    return ngettext("{number} line, {more}", "{number} lines, {more}", lines).format(number=number, more=more)


def _opener(context: template.Context, table: Rows) -> str:
    what = _("the first 100 and the last 20 are below") if table.total > ROWS else _("one has a very long name")
    count = ngettext("{number} value", "{number} values", table.total).format(number=table.total)
    opening = _("Open all")
    said = f'<div><b>{count}</b><span class="quiet small">{what}</span>'
    return f'<div class="big opener" data-shut>{said}{_link(context, table.key, opening)}</div></div>'


def _link(context: template.Context, key: str, words: str) -> SafeString:
    address = open_link(context, key) if context.get("page") else ""
    pane = format_html(' hx-get="{}" hx-target="#pane"', address) if context.get("in_pane") else ""
    return format_html('<a class="button slim end" href="{}"{}>{}</a>', address, pane, words) if address else pane


def _bytes(table: Rows, where: str) -> str:
    how = "whole" if table.whole else "names"
    long = _("{number} values with names too long to repeat. Shown as one value, as escaped bytes.")
    words = long if table.whole else _("{number} values are too many to name. Shown, as escaped bytes.")
    return (
        f'<p class="sub">{words.format(number=table.total)}</p>'
        f'<pre class="bytes tall" tabindex="0" data-all="{how}"{where}>{escape(table.escaped)}</pre>'
    )


def _table(context: template.Context, table: Rows, where: str) -> str:
    before = ""
    if table.compared:
        before = f'<th scope="col">{_last(context["page"])}</th>'
    rows = "".join(_row(context, row, compared=table.compared) for row in table.rows)
    name, ask = _("Name and type"), _("This ask")
    head = f'<tr><th scope="col">{name}</th><th scope="col">{ask}</th>{before}</tr>'
    return f'<table class="ledger"{where}><thead>{head}</thead><tbody>{rows}</tbody></table>'


def _last(page: Page) -> str:
    """When one like it was approved last, with the way there for who may see it."""
    last = page.history.last
    words = _("Last approved, {day}").format(day=day(last.settled_at))
    return f'<a href="{reverse("action", args=[last.pk])}">{words}</a>' if page.deciding.holds else words


def _row(context: template.Context, row: Row, *, compared: bool) -> str:
    kind = f" <small data-kind>{row.value.kind}</small>" if row.value else ""
    money = ' class="money"' if row.value and row.value.kind in ("integer", "number") else ""
    same = "" if row.changed else " same"
    last = _("last approved")
    was = f'<td class="was{same}" data-of="{last}">{_was(row)}</td>' if compared else ""
    return (
        f"<tr{' class="diff"' if row.changed else ''}{' data-row' if row.value else ''}>"
        f'<th scope="row"><span data-label>{faithful(row.name)}</span>{kind}</th><td{money}>{_now(context, row)}</td>'
        f"{was}</tr>"
    )


def _now(context: template.Context, row: Row) -> str:
    if not row.value:
        return format_html('<span class="quiet">{}</span>', _("not in this ask"))
    leaf = _leaf(context, row.value, kind=False)
    shown = f"<mark>{leaf}</mark>" if row.changed and not row.value.large else leaf
    words = (grouped(row.value.plain), apart(row.difference) if row.difference else "")
    more = "; ".join(word for word in words if word)
    difference = f'<span class="sub">{more}</span>' if more else ""
    return f"{shown}{difference}{watching.beside(context.get('page'), row.value)}"


def _was(row: Row) -> str:
    if not row.changed:
        return _("same")
    return earlier(row.was) if row.was else _("not there")


@register.filter
def earlier(was: Value) -> SafeString:
    """A value as it was before: shown for comparison, so a large one may stay cut."""
    if was.escaped:
        return format_html('<span class="bytes">{}</span>', was.escaped)
    if not was.pieces:
        return format_html('<span class="mark">{}</span>', _("empty"))
    words = _(" … {end}, {size} in all")
    end = format_html(words, end=faithful(was.tail), size=filesizeformat(was.size)) if was.tail else ""
    return format_html("{}{}", faithful(was.pieces), conditional_escape(end))


def _place(where: str) -> str:
    """Where it stands. Only for places of constant words and indices: a server's text never gets here."""
    return f' data-in="{escape(where)}"'
