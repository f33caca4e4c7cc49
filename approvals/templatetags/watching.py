"""Words for watched values: whether one was approved before, and what an id stands for, by whose word."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from approvals.queries.page import Page
from approvals.rules.rendering.values import Value
from approvals.rules.watched import Watched

from .faithful import day, faithful_text

register = template.Library()

WORD = 40  # characters of the word for a value in a flag


@register.simple_tag
def watched_flags(page: Page) -> SafeString:
    """A flag for each value that was never approved here, or is a number above all that were."""
    told = [(words,) for words, changed in _talk(page, _("system prompt changed"), _("tools changed")) if changed]
    told += [(_flag(page, each),) for each in page.watching.values if _tells(each)]
    return format_html_join("", '<span class="flag">{}</span>', told)


@register.simple_tag
def watched_known(page: Page) -> SafeString:
    """What this console knows of each watched value."""
    told = {True: format_html("<b>{}</b>", _("Not as last approved.")), False: _("As last approved.")}
    rows = [(name, told[changed]) for name, changed in _talk(page, _("System prompt"), _("Tools"))]
    rows += [(faithful_text(each.word, WORD), _known(page, each)) for each in page.watching.values]
    return format_html_join("\n", '<dt class="word">{}</dt><dd>{}</dd>', rows)


def beside(page: Page | None, shown: Value) -> SafeString:
    """Beside a value of the payload, never in it: that it is new here, and what an id stands for."""
    about, where = getattr(page, "watching", None), shown.pointer
    said = []
    if about is not None and where in about.first:
        said.append(format_html('<span class="sub">{}</span>', _("not approved here before")))
    if about is not None and where in about.known:
        whose = _says(_("says the rule of %(checkpoint)s"), checkpoint=faithful_text(page.action.checkpoint.name))
        said.append(
            format_html('<span class="sub named"><b>{}</b>, {}</span>', faithful_text(about.known[where]), whose)
        )
    if about is not None and where in about.claimed:
        name = faithful_text(about.claimed[where])
        words = _says(_("%(server)s says: %(name)s"), server=page.action.server.name, name=name)
        said.append(format_html('<span class="sub claim">{}</span>', words))
    return mark_safe("".join(said))  # noqa: S308 (made of escaped)


def _talk(page: Page, *words: str) -> list[tuple[str, bool]]:
    """Of a sampling, whether its system prompt and its tools are other than in the one approved last."""
    sheet = page.layout.sheet
    if page.action.kind != "sampling" or sheet.before is None:
        return []
    pairs = [(sheet.value["params"].get(name), sheet.before["params"].get(name)) for name in ("systemPrompt", "tools")]
    return [(said, now != was) for said, (now, was) in zip(words, pairs, strict=True) if now or was]


def _tells(each: Watched) -> bool:
    return bool(each.largest or each.first)


def _flag(page: Page, each: Watched) -> SafeString:
    words = {"called": faithful_text(each.word, WORD), "since": day(page.watching.since)}
    return _says(_("largest %(called)s since %(since)s") if each.largest else _("%(called)s first seen"), **words)


def _known(page: Page, each: Watched) -> SafeString:
    words = {"compared": each.compared, "seen": each.seen, "new": len(each.first), "all": len(each.items)}
    if not each.compared:
        return _says(_("Nothing was approved here in 90 days to compare with."))
    words |= {"since": day(page.watching.since), "most": f"{each.most:,}" if each.most is not None else ""}
    if each.most is not None and not each.first:
        largest = _("The largest so far: at most %(most)s in the %(compared)s approved here since %(since)s.")
        usual = _("At most %(most)s in the %(compared)s approved here since %(since)s.")
        return format_html("<b>{}</b>", _says(largest, **words)) if each.largest else _says(usual, **words)
    if not each.first:
        return _says(_("As in %(seen)s of the %(compared)s approved here since %(since)s."), **words)
    if len(each.first) < len(each.items):
        told = _("%(new)s of %(all)s values first seen: in none of the %(compared)s approved here since %(since)s.")
    else:
        told = _("First seen: in none of the %(compared)s approved here since %(since)s.")
    return format_html("<b>{}</b>", _says(told, **words))


def _says(words: str, **parts: object) -> SafeString:
    """A translated sentence with parts that are HTML already, or get escaped."""
    made = {name: format_html("{}", part) for name, part in parts.items()}
    return mark_safe(format_html("{}", words) % made)  # noqa: S308 (the words and each part are escaped)
