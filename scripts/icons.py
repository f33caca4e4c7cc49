"""Draws the icons of the installed console from the brand mark, with a Chromium: `python -m scripts.icons`.

What comes out is committed; nothing at run or test time draws.
"""

import re
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parents[1] / "static" / "img"
PAPER, ACCENT = "#fdfdfc", "#0b5d52"
#: File -> size in pixels, how much of it the mark takes, ink, ground. A maskable icon keeps its mark within the middle
#: eight tenths, because a phone cuts the rest to its own shape.
ICONS = {
    "icon-192.png": (192, 0.68, ACCENT, PAPER),
    "icon-512.png": (512, 0.68, ACCENT, PAPER),
    "icon-maskable-512.png": (512, 0.46, PAPER, ACCENT),
    "icon-touch-180.png": (180, 0.56, ACCENT, PAPER),
}
PAGE = """<style>html,body{{margin:0;background:{ground}}}svg{{position:fixed;inset:0;margin:auto;width:{mark}px;
height:{mark}px;fill:none;stroke:{ink};stroke-width:2.2;stroke-linecap:round;stroke-linejoin:round}}</style>
<svg viewBox="0 0 24 24"><path d="{path}"/></svg>"""


def main() -> None:
    path = re.search(r' d="([^"]+)"', (HERE / "placet.svg").read_text())
    assert path
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, (size, share, ink, ground) in ICONS.items():
            page = browser.new_page(viewport={"width": size, "height": size})
            page.set_content(PAGE.format(ground=ground, ink=ink, mark=round(size * share), path=path[1]))
            page.screenshot(path=HERE / name)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
