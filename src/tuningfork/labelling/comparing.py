"""A galaxy beside what one has said of its like."""

from typing import Any

from tuningfork.errors import UsageError
from tuningfork.labelling.choices import Choice

__all__ = ["compare"]


def compare(
    session: Any, galaxy_id: str, n: int = 6, *, annotator: str | None = None, unanswered: bool = False
) -> dict[str, list[Choice]]:
    """The galaxies most like one, class by class, among those that a person answered, and the examples.

    What others said stays unseen.

    Parameters
    ----------
    session : Session
        Whose answers and vectors.
    galaxy_id : str
        The galaxy.
    n : int
        How many of each class.
    annotator : str, optional
        The person; the session's own annotator when not given.
    unanswered : bool
        Also for a galaxy that the person has not answered yet. It may lead them to an answer.

    Returns
    -------
    dict
        Each of the question's answers -> the nearest, the most alike first.

    Raises
    ------
    UsageError
        When the person has not answered it, and ``unanswered`` is false.
    """
    own = _own_answers(session, annotator or session.settings.annotator)
    if galaxy_id not in own and not unanswered:
        raise UsageError("it is compared after the answer", remedy="Answer it first, or show guesses")
    classes = {
        answer: [i for i, said in own.items() if said == answer] for answer in session.question.answers
    }
    return {answer: session.similar(galaxy_id, n, among=ids) for answer, ids in classes.items()}


def _own_answers(session: Any, person: str) -> dict[str, str]:
    """Galaxy id -> the last live answer of one person, or of an example of anybody's."""
    told: dict[str, str] = {}
    with session.log.view() as state:
        for galaxy, events in state.all_live().items():
            if own := [e for e in events if e.annotator == person or e.stream == "example"]:
                told[galaxy] = str(own[-1].answer)
    return told
