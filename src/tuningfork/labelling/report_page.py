"""A session as one HTML file that opens without a server: for a paper's supplement."""

import base64
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import tuningfork
from tuningfork.errors import UsageError
from tuningfork.files import html_file, write_atomically

__all__ = ["MOST_ROWS", "MOST_STAMPS", "export_page"]

MOST_STAMPS = 400
"""Finds of which a picture goes into the file."""
MOST_ROWS = 5_000
"""Answers that are listed."""
_MOST_BYTES = 24 * 1024 * 1024  # of pictures, as they stand in the file
_PIXELS = 160
_CURVE = (640, 220)


def export_page(session: Any, path: Path | str) -> int:
    """Write question, estimates, learning curve, people, every find with its picture, and the answers.

    The file is self-contained: no script, nothing is fetched. Pictures are embedded for the `MOST_STAMPS`
    surest finds, up to 24 MB together; the file says what was left out.

    Parameters
    ----------
    session : Session
        With answers.
    path : path
        Ends with .html; replaced if it is there.

    Returns
    -------
    int
        The number of answers listed.

    Raises
    ------
    UsageError
        For another extension, or when nothing was answered.
    """
    from jinja2 import Environment, PackageLoader

    from tuningfork.labelling.export import session_table

    path = html_file(path)
    rows = session_table(session).to_pylist()
    if not rows:
        raise UsageError("nothing was answered yet", where=session.name)
    told, progress = session.estimate(), session.progress()
    positive = session.question.positive
    finds = [row for row in rows if row["label"] == positive]
    pages = Environment(
        loader=PackageLoader("tuningfork.labelling", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = pages.get_template("session.html").render(
        session=session,
        collection=session.collection.name,
        made=datetime.now(UTC).strftime("%d %B %Y"),
        version=tuningfork.__version__,
        estimate=told,
        progress=progress,
        curve=_curve(progress["curve"]),
        size=_CURVE,
        finds=finds,
        stamps=list(_stamps(session, finds[:MOST_STAMPS])),
        rows=rows[:MOST_ROWS],
        left_out=max(0, len(rows) - MOST_ROWS),
        people=_people(session),
        agreement=session.team.agreement() if len(_people(session)) > 1 else None,
        streams=told["streams"],
    )
    write_atomically(path, page)
    return min(len(rows), MOST_ROWS)


def _people(session: Any) -> list[tuple[str, int]]:
    """Everybody with an answer that stands or is a vote, and how many."""
    counts: dict[str, int] = {}
    for told in session.team.votes().values():
        for person in told:
            counts[person] = counts.get(person, 0) + 1
    return sorted(counts.items(), key=lambda item: -item[1])


def _stamps(session: Any, finds: list[dict[str, Any]]):
    """(row of the table, picture as a data address or empty) of each find."""
    from tuningfork.images import encode_picture, resize, to_display

    collection, left = session.collection, _MOST_BYTES
    _, row_of = session.row_numbers()
    for find in finds:
        pixels = collection.pixels([row_of[find["id"]]], shortest=_PIXELS)[0]
        rgb = to_display(pixels, collection.stretch, collection.shown)
        factor = _PIXELS / max(rgb.shape[:2])
        if factor < 1:
            rgb = resize(rgb, tuple(max(1, round(n * factor)) for n in rgb.shape[:2]))
        data = base64.b64encode(encode_picture(rgb, kind="jpeg", quality=85)).decode()
        left -= len(data)
        yield find, f"data:image/jpeg;base64,{data}" if left >= 0 else ""


def _curve(points: list[list[int]]) -> str:
    """The learning curve as the path of an SVG of `_CURVE` pixels."""
    answers, found = points[-1]
    width, height = _CURVE
    xy = [(width * a / max(answers, 1), height - height * f / max(found, 1)) for a, f in points]
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in xy)
