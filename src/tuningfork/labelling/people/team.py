"""How many people look at each galaxy, and how long one may hold it."""

from dataclasses import dataclass

from tuningfork.errors import UsageError
from tuningfork.labelling.events import Event, State, standing, words_of

__all__ = ["Team", "closed_for", "others_have"]


@dataclass(frozen=True)
class Team:
    """How many people's answers each galaxy needs.

    Parameters
    ----------
    overlap : int
        Of any galaxy; 1 asks every galaxy once, whoever answers it.
    overlap_finds : int
        Of a galaxy whose answer stands at the positive one.
    overlap_audit : int
        Of a galaxy that an audit drew.
    lease_seconds : float
        How long a galaxy handed to one person is kept from others.
    """

    overlap: int = 1
    overlap_finds: int = 1
    overlap_audit: int = 1
    lease_seconds: float = 600.0

    def __post_init__(self):
        if min(self.overlap, self.overlap_finds, self.overlap_audit) < 1 or self.lease_seconds <= 0:
            raise UsageError("a galaxy needs at least one answer, and a lease a time above 0")

    @property
    def alone(self) -> bool:
        """Whether one answer closes a galaxy for everybody."""
        return max(self.overlap, self.overlap_finds, self.overlap_audit) == 1


def closed_for(
    state: State, person: str, team: Team, *, positive: str, audited: set[str], held: dict[str, set[str]]
) -> set[str]:
    """Galaxies that need no answer of this person: they gave one, or enough others did or are about to. Who
    skipped a galaxy is not asked again, and leaves it to the others.

    Parameters
    ----------
    positive : str
        The positive answer.
    audited : set of str
        Galaxies that an audit drew.
    held : dict
        Galaxy id -> other people who hold it now.
    """
    closed = state.answered_by(person)
    if team.alone:
        told = {i for i, e in state.current().items() if e.answer != "skip" or e.kind == "adjudicate"}
        return closed | told | {i for i, who in held.items() if who - {person}}
    by_galaxy = state.all_live()
    for galaxy_id in by_galaxy.keys() | held.keys():
        events = by_galaxy.get(galaxy_id, [])
        spoken = {who for who, e in words_of(events).items() if e.answer != "skip"}
        people = (spoken | held.get(galaxy_id, set())) - {person}
        if any(e.kind == "adjudicate" for e in events) or len(people) >= _target(
            team, events, positive, galaxy_id in audited
        ):
            closed.add(galaxy_id)
    return closed


def others_have(events: list[Event], person: str, team: Team, held: set[str]) -> bool:
    """Whether a galaxy is other people's: enough of them answered or hold it, and what this person said, if
    anything, is not what stands.

    Parameters
    ----------
    events : list of Event
        The live answers about it, in order.
    held : set of str
        Other people who hold it now.
    """
    spoken = {who for who, e in words_of(events).items() if e.answer != "skip"}
    most = max(team.overlap, team.overlap_finds, team.overlap_audit)  # closed whatever was said
    if person in spoken:
        return team.alone and standing(events).annotator != person
    return len((spoken | held) - {person}) >= most


def _target(team: Team, events: list, positive: str, audited: bool) -> int:
    target = team.overlap
    if audited:
        target = max(target, team.overlap_audit)
    if events and standing(events).answer == positive:
        target = max(target, team.overlap_finds)
    return target
