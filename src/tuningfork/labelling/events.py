"""One row of the label log, and the state that all rows together say: current answers, and what can be
undone.
"""

from bisect import insort
from collections import Counter, defaultdict
from dataclasses import dataclass, field

__all__ = ["Event", "State", "standing", "words_of"]

_ABOUT_GALAXIES = ("answer", "adjudicate")


@dataclass(frozen=True, order=True)
class Event:
    """One act of one person.

    ``kind`` is "answer" (about a galaxy), "adjudicate" (the last word on one), "gold" (a galaxy whose answer
    is known), "picture" (an example from outside; ``galaxy_id`` names the kept picture), "undo" or "redo"
    (``undoes`` names the action; None where there was none), "revoke" (``shown`` names a person and a span of
    events) or "restore" (``undoes`` names the revocation). Events of one ``action`` came together (the rest
    of a page) and go together. ``stream``, ``design`` and ``probability`` say by which stream the galaxy was
    asked and, for an audit, under which frozen design and with which chance.
    """

    event_id: int
    client_id: str = field(compare=False)
    client_seq: int = field(compare=False)
    at: str = field(compare=False)
    annotator: str = field(compare=False)
    kind: str = field(compare=False)
    action: str = field(compare=False)
    galaxy_id: str | None = field(default=None, compare=False)
    answer: str | None = field(default=None, compare=False)
    undoes: str | None = field(default=None, compare=False)
    shown: dict = field(default_factory=dict, compare=False)
    stream: str | None = field(default=None, compare=False)
    design: int | None = field(default=None, compare=False)
    probability: float | None = field(default=None, compare=False)


class State:
    """The view over the log: feed it the events in order of ``event_id``.

    Each annotator has a stack of live actions and one of undone actions. A new answer clears the second: what
    was undone before it stays undone. Revoked actions count for nothing and are passed over by undo and redo
    until they are restored. See `standing` for the current answer of a galaxy.
    """

    def __init__(self):
        self.last_id = 0
        self.count = 0  # events of this session; their ids have gaps where sessions share a database
        self._actions: dict[str, list[Event]] = defaultdict(list)
        self._of: dict[str, list[str]] = defaultdict(list)  # annotator -> all actions, in order
        self._done: dict[str, list[str]] = defaultdict(list)
        self._undone: dict[str, list[str]] = defaultdict(list)
        self._is_undone: set[str] = set()
        self._revoked: dict[str, str] = {}  # action -> the revocation that holds it
        self._revocations: dict[str, Event] = {}
        self._live: dict[tuple[str, str], list[Event]] = defaultdict(list)
        self._by: dict[str, Counter[str]] = defaultdict(Counter)  # annotator -> galaxies with live answers
        self._current: dict[str, dict[str, Event]] = {}

    def apply(self, event: Event) -> None:
        """Take in the next event."""
        self.last_id = max(self.last_id, event.event_id)
        self.count += 1
        self._current.clear()
        if event.kind in ("undo", "redo") and event.undoes is None:
            return
        if event.kind == "undo":
            _take(self._done[event.annotator], str(event.undoes))
            self._undone[event.annotator].append(str(event.undoes))
            self._hide(str(event.undoes))
            self._is_undone.add(str(event.undoes))
        elif event.kind == "redo":
            _take(self._undone[event.annotator], str(event.undoes))
            self._done[event.annotator].append(str(event.undoes))
            self._is_undone.discard(str(event.undoes))
            self._show(str(event.undoes))
        elif event.kind == "revoke":
            self._revocations[event.action] = event
            for action in self._span(event.shown):
                self._hide(action)
                self._revoked[action] = event.action
        elif event.kind == "restore":
            back = [action for action, by in self._revoked.items() if by == event.undoes]
            for action in back:
                del self._revoked[action]
                self._show(action)
        else:
            self._add(event)

    def undoable(self, annotator: str) -> str | None:
        """The annotator's last live action."""
        return next((a for a in reversed(self._done[annotator]) if a not in self._revoked), None)

    def redoable(self, annotator: str) -> str | None:
        """The action that was undone last and can still come back."""
        return next((a for a in reversed(self._undone[annotator]) if a not in self._revoked), None)

    def members(self, action: str) -> list[Event]:
        """The answers of one action, in order."""
        return list(self._actions[action])

    def current(self, kind: str = "answer") -> dict[str, Event]:
        """Galaxy id (or picture name) -> the event that holds its answer, in the order in which those were
        given.
        """
        if kind not in self._current:
            held = sorted(standing(events) for (k, _), events in self._live.items() if events and k == kind)
            self._current[kind] = {e.galaxy_id: e for e in held if e.galaxy_id is not None}
        return dict(self._current[kind])

    def answered_by(self, annotator: str) -> set[str]:
        """Galaxies of which this person has a live answer."""
        return set(self._by[annotator])

    def looks_by(self, annotator: str) -> int:
        """How many live answers this person has given; a second look counts as one more."""
        return sum(self._by[annotator].values())

    def live(self, galaxy_id: str, kind: str = "answer") -> list[Event]:
        """All live answers about one galaxy, in order; or of kind "gold" what is known of it."""
        return list(self._live.get((kind, galaxy_id), ()))

    def all_live(self) -> dict[str, list[Event]]:
        """Galaxy id -> its live answers, in order."""
        return {
            galaxy: list(events)
            for (kind, galaxy), events in self._live.items()
            if kind == "answer" and events
        }

    def history(self, annotator: str) -> list[tuple[str, str]]:
        """The person's actions in order, each with "done", "undone" or "revoked"."""
        told = []
        for action in self._of[annotator]:
            state = "undone" if action in self._is_undone else "done"
            told.append((action, "revoked" if action in self._revoked else state))
        return told

    def revocations(self) -> list[str]:
        """The revocations that still hold something."""
        return list(dict.fromkeys(self._revoked.values()))

    def revocation(self, name: str) -> Event:
        """The event of a revocation."""
        return self._revocations[name]

    def revoked_actions(self) -> dict[str, str]:
        """Action -> the revocation that holds it."""
        return dict(self._revoked)

    def annotators(self) -> list[str]:
        """Everybody with an action, by name."""
        return sorted(who for who, actions in self._of.items() if actions)

    def _add(self, event: Event) -> None:
        who = event.annotator
        if event.action not in self._actions:
            self._of[who].append(event.action)
            self._done[who].append(event.action)
            self._undone[who].clear()
        self._actions[event.action].append(event)
        if event.action not in self._is_undone and event.action not in self._revoked:
            self._enter(event)

    def _span(self, shown: dict) -> list[str]:
        low, high = int(shown.get("since", 0)), int(shown.get("until", 2**62))
        return [
            action
            for action in self._of[str(shown.get("annotator"))]
            if action not in self._revoked and low <= self._actions[action][0].event_id <= high
        ]

    def _hide(self, action: str) -> None:
        if action in self._is_undone or action in self._revoked:
            return
        for member in self._actions[action]:
            self._live[_slot(member)].remove(member)
            if member.kind == "answer":
                held = self._by[member.annotator]
                held[str(member.galaxy_id)] -= 1
                if not held[str(member.galaxy_id)]:
                    del held[str(member.galaxy_id)]

    def _show(self, action: str) -> None:
        if action not in self._is_undone and action not in self._revoked:
            for member in self._actions[action]:
                self._enter(member)

    def _enter(self, member: Event) -> None:
        insort(self._live[_slot(member)], member)
        if member.kind == "answer":
            self._by[member.annotator][str(member.galaxy_id)] += 1


def standing(events: list[Event]) -> Event:
    """The event that holds the answer, among the live ones about one galaxy in order.

    An adjudicator's last word holds. Else each person counts with what they say, see `words_of`: what most
    say, and among equals what was said last. Who skipped says nothing as long as anybody else does.
    """
    if len(events) == 1:
        return events[0]
    judged = [e for e in events if e.kind == "adjudicate"]
    if judged:
        return judged[-1]
    said = words_of(events).values()
    told = [e for e in said if e.answer != "skip"] or list(said)
    votes = Counter(e.answer for e in told)
    most = max(votes.values())
    return max(e for e in told if votes[e.answer] == most)


def words_of(events: list[Event]) -> dict[str, Event]:
    """What each person says of one galaxy, from the live events about it in order: person -> event.

    Within one look the last answer holds, since it corrects those before. A repeat measures and changes
    nothing: what it said holds only where no other look said anything. A skip is no answer, and no correction
    of another look. Last words are left out.
    """
    looks: dict[str, dict[tuple[bool, str], Event]] = defaultdict(dict)
    for event in events:
        if event.kind != "adjudicate":
            look = (event.stream == "repeat", str(event.shown.get("look") or 0))
            looks[event.annotator][look] = event
    told = {}
    for person, own in looks.items():
        spoken = [e for e in own.values() if e.answer != "skip"]
        knowing = [e for e in spoken if e.stream != "repeat"]
        told[person] = max(knowing or spoken or own.values())
    return told


def _slot(event: Event) -> tuple[str, str]:
    return ("answer" if event.kind in _ABOUT_GALAXIES else event.kind, str(event.galaxy_id))


def _take(stack: list[str], action: str) -> None:
    """Remove from near the top, where it is."""
    for place in range(len(stack) - 1, -1, -1):
        if stack[place] == action:
            del stack[place]
            return
    raise ValueError(f"{action} is not there")
