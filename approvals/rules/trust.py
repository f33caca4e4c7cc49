"""The trust path: through whose hands an ask came, where it stands now, and which boundary a yes lets it cross."""

from dataclasses import dataclass

from accounts.words import joined, said, told

from .rendering import plain, render

SHORT = 18  # characters of a name in the picture; the whole name stands in the text beside it
HOST = 22  # of a host: its end says whose it is
COLUMNS = {1: (8,), 2: (8, 216), 3: (8, 166, 329)}  # x of the stations before the checkpoint, by their number
GATE, TARGET = 520, 671

# Kind -> (before the boundary, after it, what stands behind it)
BOUNDARIES = {
    "tool_call": (said("model context"), said("execution"), said("tool")),
    "sampling": (said("server"), said("model context"), said("model")),
    "sampling_result": (said("model context"), said("server"), said("back to the server")),
    "elicitation_form": (said("server"), said("person"), said("form")),
    "elicitation_url": (said("model context"), said("authentication"), said("link, outside")),
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
        words = [
            said("{name} (said by the server)", name=s.name) if s.claimed else said("{name} (known)", name=s.name)
            for s in self.stations
        ]
        return said(
            "Trust path: {stations}, then this checkpoint, then {target}. The checkpoint is where {before} becomes "
            "{after}.",
            stations=joined(words, said(", then ")), target=self.target.name, before=self.before, after=self.after,
        )  # fmt: skip

    @property
    def gate_y(self) -> int:
        return 10 + 42 * len(self.stations) + 6

    @property
    def height(self) -> int:
        return self.gate_y + 74


def path(*, kind: str, server: str, name: str, checkpoint: str, subject: str, host: str, credential: str) -> Trust:
    """Lay out the path. Subject and host are what the server says; the rest this console knows."""
    before, after, what = BOUNDARIES[kind]
    known = said("server, {credential}", credential=credential)
    passed = [(subject, said("person, says the server"), True), (host, said("host, says the server"), True)]
    passed = [station for station in passed if station[0]] + [(server, known, False)]
    stations = tuple(
        Station(_short(who), words, claimed, x=COLUMNS[len(passed)][index], y=10 + 42 * index)
        for index, (who, words, claimed) in enumerate(passed)
    )
    ends = {
        "sampling": told(said("the model")),
        "sampling_result": server,
        "elicitation_form": subject or told(said("its user")),
    }
    behind = _short_host(name) if kind == "elicitation_url" else _short(ends.get(kind, name))
    target = Station(behind, what, claimed=False, x=TARGET)
    return Trust(stations, target, _short(checkpoint, 24), before, after)


def _short(name: str, most: int = SHORT) -> str:
    shown = plain(render(name))
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def _short_host(name: str) -> str:
    shown = plain(render(name))
    return shown if len(shown) <= HOST else "…" + shown[1 - HOST :]
