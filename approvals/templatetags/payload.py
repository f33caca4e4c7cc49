"""The one way in which a page shows a payload: values, named values, all of it readable back from what is seen.

What is marked for that reading is structure alone: that a value stands here (`data-leaf`), at which constant place
(`data-in`), that a name is the next step (`data-row` with its `data-label`, `data-named` with its `data-name`), that
something was left out until it is opened (`data-shut`). What a value is, is in the text and the chips that a person
sees, and nowhere else. `static/js/faithful.js` reads it back in the browser.
"""

from collections.abc import Iterable

from django import template
from django.template.defaultfilters import filesizeformat, pluralize
from django.urls import reverse
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString, mark_safe

from approvals.queries.page import Page
from approvals.rules.rendering.values import ROWS, Row, Rows, Value

from . import watching
from .faithful import apart, day, element_id, faithful, grouped, open_link

register = template.Library()

EMPTY = mark_safe('<span class="mark" data-empty>empty</span>')


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
        words = f"{_measure(shown)}; too many marks to draw, so shown with JSON escapes"
        inner = (
            f'<p class="sub">{words}</p><pre class="bytes tall" tabindex="0" data-json>{escape(shown.escaped)}</pre>'
        )
        return f"<div{mark} data-leaf{where}>{inner}</div>"
    if shown.large:
        inner = (
            f'<div class="bytes tall" tabindex="0" role="group" aria-label="Whole value">{faithful(shown.pieces)}</div>'
        )
        return f'<div{mark} data-leaf{where}><p class="sub">{_measure(shown)}, opened by you</p>{inner}</div>'
    said = f" <small data-kind>{shown.kind}</small>" if kind and shown.kind != "string" else ""
    whole = faithful(shown.pieces) if shown.pieces else EMPTY
    return f"<span data-leaf{where}>{whole}{said}</span>"


def _outline(context: template.Context, shown: Value) -> str:
    several = f"{shown.alarms:,} places or more" if shown.more else f"{shown.alarms:,} place{pluralize(shown.alarms)}"
    hidden = f'<b class="no">hidden text in {several}</b>' if shown.alarms else ""
    about = f"{shown.lines} line{pluralize(shown.lines)}, {hidden or 'no hidden text'}"
    return (
        f"<div><b>{filesizeformat(shown.size)}</b>"
        f'<span class="quiet small">{about}</span>{_link(context, shown.key, "Open and read")}</div>'
        f'<div class="ends"><p class="bytes">{faithful(shown.pieces)}</p><p class="tiny">… then, at its end …</p>'
        f'<p class="bytes">{faithful(shown.tail)}</p></div>'
    )


def _measure(shown: Value) -> str:
    several = f"{shown.alarms:,} or more" if shown.more else f"{shown.alarms:,}"
    hidden = f'<b class="no">{several} hidden</b>' if shown.alarms else "nothing hidden"
    return f"{filesizeformat(shown.size)}, {shown.lines} line{pluralize(shown.lines)}, {hidden}"


def _opener(context: template.Context, table: Rows) -> str:
    what = "the first 100 and the last 20 are below" if table.total > ROWS else "one has a very long name"
    said = f'<div><b>{table.total} values</b><span class="quiet small">{what}</span>'
    return f'<div class="big opener" data-shut>{said}{_link(context, table.key, "Open all")}</div></div>'


def _link(context: template.Context, key: str, words: str) -> SafeString:
    address = open_link(context, key) if context.get("page") else ""
    pane = format_html(' hx-get="{}" hx-target="#pane"', address) if context.get("in_pane") else ""
    return format_html('<a class="button slim end" href="{}"{}>{}</a>', address, pane, words) if address else pane


def _bytes(table: Rows, where: str) -> str:
    how = "whole" if table.whole else "names"
    words = "with names too long to repeat. Shown as one value" if table.whole else "are too many to name. Shown"
    return (
        f'<p class="sub">{table.total} values {words}, as escaped bytes.</p>'
        f'<pre class="bytes tall" tabindex="0" data-all="{how}"{where}>{escape(table.escaped)}</pre>'
    )


def _table(context: template.Context, table: Rows, where: str) -> str:
    before = ""
    if table.compared:
        before = f'<th scope="col">{_last(context["page"])}</th>'
    rows = "".join(_row(context, row, compared=table.compared) for row in table.rows)
    head = f'<tr><th scope="col">Name and type</th><th scope="col">This ask</th>{before}</tr>'
    return f'<table class="ledger"{where}><thead>{head}</thead><tbody>{rows}</tbody></table>'


def _last(page: Page) -> str:
    """When one like it was approved last, with the way there for who may see it."""
    last = page.history.last
    words = f"Last approved, {day(last.settled_at)}"
    return f'<a href="{reverse("action", args=[last.pk])}">{words}</a>' if page.deciding.holds else words


def _row(context: template.Context, row: Row, *, compared: bool) -> str:
    kind = f" <small data-kind>{row.value.kind}</small>" if row.value else ""
    money = ' class="money"' if row.value and row.value.kind in ("integer", "number") else ""
    was = f'<td class="was{"" if row.changed else " same"}">{_was(row)}</td>' if compared else ""
    return (
        f"<tr{' class="diff"' if row.changed else ''}{' data-row' if row.value else ''}>"
        f'<th scope="row"><span data-label>{faithful(row.name)}</span>{kind}</th><td{money}>{_now(context, row)}</td>'
        f"{was}</tr>"
    )


def _now(context: template.Context, row: Row) -> str:
    if not row.value:
        return '<span class="quiet">not in this ask</span>'
    leaf = _leaf(context, row.value, kind=False)
    shown = f"<mark>{leaf}</mark>" if row.changed and not row.value.large else leaf
    words = (grouped(row.value.plain), f"{apart(row.difference)} than last time" if row.difference else "")
    more = "; ".join(word for word in words if word)
    difference = f'<span class="sub">{more}</span>' if more else ""
    return f"{shown}{difference}{watching.beside(context.get('page'), row.value)}"


def _was(row: Row) -> str:
    if not row.changed:
        return "same"
    return earlier(row.was) if row.was else "not there"


@register.filter
def earlier(was: Value) -> SafeString:
    """A value as it was before: shown for comparison, so a large one may stay cut."""
    if was.escaped:
        return format_html('<span class="bytes">{}</span>', was.escaped)
    if not was.pieces:
        return mark_safe('<span class="mark">empty</span>')
    end = format_html(" … {}, {} in all", faithful(was.tail), filesizeformat(was.size)) if was.tail else ""
    return format_html("{}{}", faithful(was.pieces), conditional_escape(end))


def _place(where: str) -> str:
    """Where it stands. Only for places of constant words and indices: a server's text never gets here."""
    return f' data-in="{escape(where)}"'
