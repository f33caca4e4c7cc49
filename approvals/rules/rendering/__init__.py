"""What a reviewer is shown of a server's bytes. Injective: two different payloads never look alike."""

from .back import unrender
from .text import Piece, alarms, plain, render

__all__ = ["Piece", "alarms", "plain", "render", "unrender"]
