"""`label_widget`: the page in a notebook's cell."""

from pathlib import Path
from typing import Any

from tuningfork.errors import TuningforkError, UsageError
from tuningfork.extras import install_command

__all__ = ["label_widget"]

LOWEST, HIGHEST = 320, 2400  # pixels of a cell


def label_widget(
    target: Any,
    *,
    session: str | None = None,
    encoder: str | None = None,
    annotator: str | None = None,
    height: int = 680,
) -> Any:
    """The page as a widget: the same front end and the same routes, without a server.

    Answers go to the label log of the session, durable when the page says "saved", and are seen by every
    other page or script that has the session open. Keys work while the focus is inside the cell. One notebook
    may have any number of widgets.

    Parameters
    ----------
    target : Session, HumanLoop, Collection or path
        A session opens at once; with a collection the widget begins at Start.
    session : str, optional
        With a collection: open this session of it.
    encoder : str, optional
        Whose vectors sessions made on Start use; the newest by default.
    annotator : str, optional
        Under which name answers are given; the session's own by default.
    height : int
        Of the cell in pixels, 320 to 2,400; may be changed later (``widget.height = 900``).

    Returns
    -------
    anywidget.AnyWidget
        The last value of a cell is shown.

    Raises
    ------
    TuningforkError
        When the extra ``notebook`` is not installed.
    UsageError
        For a height out of range, or ``session`` beside a session.
    """
    if not LOWEST <= height <= HIGHEST:
        raise UsageError(f"a widget is {LOWEST} to {HIGHEST} pixels high, not {height}")
    target = getattr(target, "session", target)
    if isinstance(target, str | Path):
        from tuningfork.collection import Collection

        target = Collection.open(target)
    if session is not None:
        if hasattr(target, "next_batch"):
            raise UsageError("a session is named beside a session", where=session, remedy="Give one of them")
        from tuningfork.labelling import open_session

        target = open_session(target, session)
    return _widget_class()(target, height=height, encoder=encoder, annotator=annotator)


def _widget_class() -> type:
    """The class of the widget; anywidget and IPython are needed from here on."""
    try:
        from tuningfork.web.notebook.anywidget_side import LabelWidget
    except ModuleNotFoundError as error:
        if error.name not in ("anywidget", "ipywidgets", "traitlets"):
            raise
        remedy = f"Run: {install_command('notebook')}"
        raise TuningforkError(f"{error.name} is not installed", remedy=remedy) from None
    return LabelWidget
