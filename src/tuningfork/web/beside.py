"""Galaxies beside those that are asked: most like one, like a picture, or like one among those answered."""

from collections.abc import Sequence
from typing import Any

from tuningfork.web.handed import Handed
from tuningfork.web.identifiers import Identifiers
from tuningfork.web.looks import Looks

__all__ = ["Beside"]


class Beside:
    """What a person may lay beside a galaxy. What they answer there goes into the log as seen there.

    Parameters
    ----------
    session : Session
    identifiers : Identifiers
        Of its collection.
    handed : Handed
        Remembers why a galaxy was shown.
    looks : Looks
        What the person said before.
    """

    def __init__(self, session: Any, identifiers: Identifiers, handed: Handed, looks: Looks):
        self._session, self._names, self._handed, self._looks = session, identifiers, handed, looks

    def similar(self, who: str, name: object, n: int) -> dict[str, Any]:
        """The galaxies most like one, and what the person said of some of them."""
        names = []
        for choice in self._session.similar(self._names.resolve(name)[1], n):
            names.append(self._names.name(int(choice.row), str(choice.id)))
            self._handed.remember(who, names[-1], choice.shown(), view="similar")
        return {"galaxies": names, "answers": self._looks.answers(who, names)}

    def like_picture(self, who: str, rows: Sequence[int], n: int) -> dict[str, Any]:
        """The same for a picture from outside, whose nearest rows are known."""
        ids = self._session.collection.ids(list(rows[:n]))
        reason = "like a picture from outside"
        context = {"stream": "similar", "reason": reason, "probability": None}
        context["strategy"] = self._session.strategy_name
        names = []
        for row, galaxy_id in zip(rows, map(str, ids), strict=False):
            names.append(self._names.name(int(row), galaxy_id))
            self._handed.remember(who, names[-1], context, view="similar")
        return {"galaxies": names, "answers": self._looks.answers(who, names)}

    def compare(self, who: str, name: object, n: int, *, unanswered: bool) -> list[dict[str, Any]]:
        """The galaxies most like one among those that the person answered, class by class."""
        _, galaxy_id, look = self._names.read(name)
        if look and not unanswered and not self._looks.answers(who, [str(name)]):
            galaxy_id = ""  # refused like one that was never seen: else a repeat would be told apart
        groups = self._session.compare(galaxy_id, n, annotator=who, unanswered=unanswered)
        return [
            {"answer": answer, "galaxies": [self._names.name(int(c.row), str(c.id)) for c in group]}
            for answer, group in groups.items()
        ]
