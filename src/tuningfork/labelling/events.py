"""One row of the label log, and the state that all rows together say: current answers, and what can be
undone.
"""

from bisect import insort
from collections import defaultdict
from dataclasses import dataclass, field

__all__ = ["Event", "State"]


@dataclass(frozen=True, order=True)
class Event:
    """One act of one person.

    ``kind`` is "answer" (about a galaxy), "picture" (an example from outside; ``galaxy_id`` names the kept
    picture), "undo" or "redo" (``undoes`` names the action). Events of one ``action`` came together (the rest
    of a page) and go together.
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


class State:
    """The view over the log: feed it the events in order of ``event_id``.

    Each annotator has a stack of live actions and one of undone actions. A new answer clears the second: what
    was undone before it stays undone. The current answer for a galaxy is its last live one, whoever gave it.
    """

    def __init__(self):
        self.last_id = 0
        self._actions: dict[str, list[Event]] = defaultdict(list)
        self._done: dict[str, list[str]] = defaultdict(list)
        self._undone: dict[str, list[str]] = defaultdict(list)
        self._live: dict[tuple[str, str], list[Event]] = defaultdict(list)

    def apply(self, event: Event) -> None:
        """Take in the next event."""
        done, undone = self._done[event.annotator], self._undone[event.annotator]
        self.last_id = max(self.last_id, event.event_id)
        if event.kind == "undo":
            done.remove(event.undoes)
            undone.append(event.undoes)
            for member in self._actions[event.undoes]:
                self._live[member.kind, member.galaxy_id].remove(member)
        elif event.kind == "redo":
            undone.remove(event.undoes)
            done.append(event.undoes)
            for member in self._actions[event.undoes]:
                insort(self._live[member.kind, member.galaxy_id], member)
        else:
            if event.action not in self._actions:
                done.append(event.action)
                undone.clear()
            self._actions[event.action].append(event)
            self._live[event.kind, event.galaxy_id].append(event)

    def undoable(self, annotator: str) -> str | None:
        """The annotator's last live action."""
        return self._done[annotator][-1] if self._done[annotator] else None

    def redoable(self, annotator: str) -> str | None:
        """The action that was undone last and can still come back."""
        return self._undone[annotator][-1] if self._undone[annotator] else None

    def members(self, action: str) -> list[Event]:
        """The answers of one action, in order."""
        return list(self._actions[action])

    def current(self, kind: str = "answer") -> dict[str, Event]:
        """Galaxy id (or picture name) -> its last live event, in the order in which those were given."""
        last = sorted(events[-1] for (k, _), events in self._live.items() if events and k == kind)
        return {event.galaxy_id: event for event in last if event.galaxy_id is not None}
