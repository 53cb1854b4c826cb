"""Galaxies that streams beside the hunt ask for, and of whom."""

from dataclasses import dataclass

from tuningfork.labelling.events import Event, State
from tuningfork.labelling.streams.book import Planned

__all__ = ["Special", "number_of", "of_audit", "own_answers"]


@dataclass(frozen=True)
class Special:
    """A galaxy that a stream wants asked; see `tuningfork.labelling.choices.Choice`."""

    galaxy_id: str
    stream: str
    reason: str
    probability: float | None = None
    design: int | None = None


def of_audit(running: list[Planned], count: int, out: set[str]) -> list[Special]:
    """The next of a running audit that nobody was asked."""
    left = [p for p in running if p.galaxy_id not in out][:count]
    return [
        Special(p.galaxy_id, "audit", f"drawn for audit {p.design}", p.probability, p.design) for p in left
    ]


def own_answers(state: State, person: str) -> list[Event]:
    """The person's live answers to questions, in order; examples are not looks."""
    mine = [e for i in state.answered_by(person) for e in state.live(i)]
    mine = [e for e in mine if e.annotator == person and e.kind == "answer" and e.stream != "example"]
    return sorted(mine)


def number_of(person: str) -> int:
    """A seed of a person's own."""
    return int.from_bytes(person.encode()[:64], "big")
