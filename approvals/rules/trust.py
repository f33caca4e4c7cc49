"""The trust path: through whose hands an ask came, where it stands now, and which boundary a yes lets it cross."""

from dataclasses import dataclass

from .rendering import plain, render

SHORT = 18  # characters of a name in the picture; the whole name stands in the text beside it
COLUMNS = {1: (8,), 2: (8, 216), 3: (8, 166, 329)}  # x of the stations before the checkpoint, by their number
GATE, TARGET = 520, 671

# Kind -> (before the boundary, after it, what stands behind it)
BOUNDARIES = {
    "tool_call": ("model context", "execution", "tool"),
    "sampling": ("server", "model context", "model"),
    "sampling_result": ("model context", "server", "back to the server"),
    "elicitation_form": ("server", "person", "form"),
    "elicitation_url": ("model context", "authentication", "link, outside"),
}


@dataclass(frozen=True, slots=True)
class Station:
    """Somebody the ask passed. `claimed`: only the server says so."""

    name: str
    what: str
    claimed: bool
    x: int = 0
    y: int = 0


@dataclass(frozen=True, slots=True)
class Trust:
    stations: tuple[Station, ...]
    target: Station
    checkpoint: str
    before: str
    after: str

    @property
    def spoken(self) -> str:
        words = [f"{s.name} ({'said by the server' if s.claimed else 'known'})" for s in self.stations]
        return (
            f"Trust path: {', then '.join(words)}, then this checkpoint, then {self.target.name}. "
            f"The checkpoint is where {self.before} becomes {self.after}."
        )

    @property
    def gate_y(self) -> int:
        return 10 + 42 * len(self.stations) + 6

    @property
    def height(self) -> int:
        return self.gate_y + 74


def path(*, kind: str, server: str, name: str, checkpoint: str, subject: str, host: str, credential: str) -> Trust:
    """Lay out the path. Subject and host are what the server says; the rest this console knows."""
    before, after, what = BOUNDARIES[kind]
    passed = [(subject, "person, says the server", True), (host, "host, says the server", True)]
    passed = [station for station in passed if station[0]] + [(server, f"server, {credential}", False)]
    stations = tuple(
        Station(_short(who), words, claimed, x=COLUMNS[len(passed)][index], y=10 + 42 * index)
        for index, (who, words, claimed) in enumerate(passed)
    )
    ends = {"sampling": "the model", "sampling_result": server, "elicitation_form": subject or "its user"}
    target = Station(_short(ends.get(kind, name)), what, claimed=False, x=TARGET)
    return Trust(stations, target, _short(checkpoint, 24), before, after)


def _short(name: str, most: int = SHORT) -> str:
    shown = plain(render(name))
    return shown if len(shown) <= most else shown[: most - 1] + "…"
