"""What is measured on any page: what axe finds in both themes, sideways scroll, a thumb's targets, and focus."""

from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT

SCRIPT = Path(__file__).with_suffix(".js").read_text()
#: Rules of colour alone differ between two themes of one page; all others are asked once.
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"], "resultTypes": ["violations"]}
ALL = {"rules": {"target-size": {"enabled": True}}, "resultTypes": ["violations"]}
FOUND = """(options) => axe.run(options).then((all) => all.violations.map((v) =>
  [v.id, v.nodes.slice(0, 3).map((node) => node.html.slice(0, 160))]))"""
#: Until it was drawn again; a page that has nothing to draw gets no frame, and nobody may wait for one for ever.
DRAWN = """Promise.race([new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))),
  new Promise((waited) => setTimeout(waited, 500))])"""
#: From a tablet to a phone, and to what 400 % of 1280 pixels leave.
WIDTHS = ((1024, 768), (360, 740), (320, 640))


def violations(page) -> list:
    """What axe finds on this page, in both themes."""
    page.evaluate(AXE_SCRIPT)
    found = []
    for theme, options in (("dark", COLOURS), ("light", ALL)):
        page.emulate_media(color_scheme=theme)
        found += [(theme, *each) for each in page.evaluate(FOUND, options)]
    return found


def wrong(page) -> list:
    """All that is wrong with how this page is laid out and reached; the page is as wide as before when it is done."""
    size, found = page.viewport_size, violations(page)
    page.evaluate(SCRIPT)
    found += [("desk", each) for each in page.evaluate("inspecting.focus()")]
    for width, height in WIDTHS:
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(DRAWN)
        measured = "[...inspecting.targets(), ...inspecting.focus()]" if width == 360 else "[]"
        found += [(width, each) for each in page.evaluate(f"[...inspecting.sideways(), ...{measured}]")]
    page.set_viewport_size(size)
    return found
