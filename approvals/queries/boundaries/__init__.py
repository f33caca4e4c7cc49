"""The map: which rule stops what of which server, who holds the three duties there, what runs, and what is missing.

Of now, or of an earlier moment: revisions, memberships and absences are kept as they were. A fixed number of queries.
"""

from .export import HEADER, table
from .holding import Holding, Post
from .reading import KINDS, SIZE, Cell, Map, Row, Wanted, read
from .revisions import Stop, stops
from .seen import MOST_SEEN, Unmapped
from .volume import Volume
from .wanting import Gap

__all__ = [
    "HEADER", "KINDS", "MOST_SEEN", "SIZE", "Cell", "Gap", "Holding", "Map", "Post", "Row", "Stop", "Unmapped",
    "Volume", "Wanted", "read", "stops", "table",
]  # fmt: skip
