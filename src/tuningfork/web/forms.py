"""The form of a question as JSON, so that the page can walk a galaxy through its steps."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tuningfork.labelling.questions.form import Form

__all__ = ["described"]


def described(form: "Form | None") -> dict[str, Any] | None:
    """Kind, steps in the order in which they are asked, and what is looked for; None for a plain question."""
    return None if form is None else asdict(form)
