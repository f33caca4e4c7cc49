"""`manage.py demo`: seed the demo and drive a real MCP client and server whose asks wait in the inbox."""

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from approvals.demo import seed


class Command(BaseCommand):
    help = "Seeds the demo, then lets a real MCP client and server ask until it is stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--past", action="store_true", help="tell three weeks of decisions, then end")
        parser.add_argument(
            "--seed-only", action="store_true", help="seed people, checkpoints and first asks, then end"
        )

    def handle(self, *, seed_only: bool, past: bool, **options: Any) -> None:
        if past:
            from approvals.demo import history

            os.nice(10)  # whoever reads a page goes first
            self.stdout.write(f"Told {history.tell(at=timezone.now())} asks of the past.")
            return
        file = seed.prepare(at=timezone.now())
        self.stdout.write(f"Seeded. How to get in: {file}")
        if not seed_only:
            self._drive(file)

    def _drive(self, file: Path) -> None:
        from approvals.demo import agent

        sys.exit(agent.main([str(file)]))
