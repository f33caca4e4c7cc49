"""How operators' commands answer: a sentence for people, or one JSON object on standard output with `--json`."""

import json
import sys
from abc import ABC, abstractmethod
from argparse import ArgumentParser
from typing import Any, override

from django.core.management.base import BaseCommand, CommandParser

from approvals.errors import Refusal


class TellingCommand(BaseCommand, ABC):
    """`act` does the work and returns what happened, as JSON members and as a sentence. A refusal ends with code 1."""

    requires_system_checks = ()

    @override
    def create_parser(self, *names: Any, **said: Any) -> CommandParser:
        """A file may stand behind the options too, as in `ledger export --format ocsf FILE`."""
        parser = super().create_parser(*names, **said)
        if parser._subparsers is None:
            parser.parse_args = parser.parse_intermixed_args  # type: ignore[method-assign]
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json", help="print one JSON object")

    @abstractmethod
    def act(self, **options: Any) -> tuple[dict[str, Any], str]: ...

    def handle(self, *, as_json: bool, **options: Any) -> None:
        try:
            said, sentence = self.act(**options)
        except Refusal as refusal:
            if as_json:
                self.stdout.write(json.dumps({"error": refusal.code, "message": refusal.message}))
            else:
                self.stderr.write(refusal.message)
            sys.exit(1)
        self.stdout.write(json.dumps(said) if as_json else sentence)
