"""What many repeats of an experiment said of the same test galaxies, kept in a cell of a sweep."""

import base64

import numpy as np

from tuningfork.evaluation import Interval, bootstrap_draws, bootstrap_macro_f1

__all__ = ["as_text", "from_text", "lead", "scored"]


def as_text(codes: np.ndarray) -> str:
    """(n,) numbers of classes, 0 to 254, as text for a line of JSON; -1 stands for no answer."""
    if len(codes) and not -1 <= codes.min() <= codes.max() < 255:
        raise ValueError("at most 255 classes")
    return base64.b64encode(np.where(codes < 0, 255, codes).astype(np.uint8).tobytes()).decode()


def from_text(text: str) -> np.ndarray:
    """The other way round: (n,) int64."""
    codes = np.frombuffer(base64.b64decode(text), np.uint8).astype(np.int64)
    return np.where(codes == 255, -1, codes)


def scored(truth: np.ndarray, answers: np.ndarray) -> tuple[Interval, Interval]:
    """Accuracy and macro-F1, means over repeats, with intervals over repeats and galaxies.

    Parameters
    ----------
    truth : ndarray
        (n,) classes.
    answers : ndarray
        (repeats, n).
    """
    return bootstrap_draws(answers == truth), bootstrap_macro_f1(truth, answers)


def lead(truth: np.ndarray, ours: np.ndarray, theirs: np.ndarray) -> Interval:
    """By how much the accuracy of one method is above another's, on the same draws and galaxies.

    Parameters
    ----------
    ours, theirs : ndarray
        (repeats, n); repeat i of both learnt from the same images.
    """
    return bootstrap_draws((ours == truth).astype(float) - (theirs == truth))
