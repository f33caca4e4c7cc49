"""The picture of the map, and the words that stand for it."""

from django import template
from django.utils.translation import gettext as _

from approvals.queries.boundaries import Map
from approvals.queries.boundaries.reading import Cell
from approvals.rules import crossings

from .faithful import kind_name

register = template.Library()

WIDTHS = {"flat": crossings.WIDE, "tall": crossings.NARROW}


@register.simple_tag
def map_picture(shown: Map, fold: str) -> crossings.Picture:
    rows = [(row.server.name, [_crossing(cell) for cell in row.cells]) for row in shown.rows if row.server]
    return crossings.draw(rows, width=WIDTHS[fold])


@register.filter
def map_words(shown: Map) -> str:
    """What the picture shows, for who cannot see it."""
    parts = []
    for row in shown.rows:
        said = [words for cell in row.cells if (words := _said(cell))]
        if row.server and said:
            parts.append(f"{row.server.name}: {', '.join(said)}")
    told = "; ".join(parts) or _("nothing was asked in 30 days")
    return _("Picture of the map: %(told)s. The table below says all of it in words.") % {"told": told}


def _said(cell: Cell) -> str:
    asks = cell.volume.asks if cell.volume else 0
    gap = _("a gap") if cell.gap else ""
    count = _("%(asks)s in 30 days") % {"asks": f"{asks:,}"} if asks else ""
    about = " ".join(word for word in (count, gap) if word)
    return f"{kind_name(cell.kind)} {about}" if about else ""


def _crossing(cell: Cell) -> crossings.Crossing:
    asks = cell.volume.asks if cell.volume else 0
    return crossings.Crossing("gap" if cell.gap else "closed" if cell.closed else "owned", asks)
