"""Write the Verify page as one file that needs no network: `manage.py verify_page placet-verify.html`."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ...wire import offline


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="where to write it; - for standard output")

    def handle(self, *, file: Path, **_: Any) -> None:
        if str(file) == "-":
            self.stdout.write(offline.page())
        else:
            file.write_text(offline.page(), encoding="utf-8")
