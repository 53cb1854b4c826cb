"""Lower ends of numbers about yes-or-no labels where every answer is right, and a bootstrap has no width."""

import numpy as np

from tuningfork.evaluation.class_means import f1_of
from tuningfork.evaluation.classified import area_ends
from tuningfork.evaluation.intervals import wilson

__all__ = ["least_if_all_right"]


def least_if_all_right(wanted: np.ndarray, *, one: bool) -> dict[str, float]:
    """Number -> its lower end, 95 %, where everything that was said of some labels is right.

    Galaxies are counted, not outputs, since those of one galaxy are not independent: Wilson's lower end of n
    right in n. A mean over labels takes the mean of their lower ends, whatever they have in common.

    Parameters
    ----------
    wanted : ndarray
        (n, K) 1 and 0, NaN where a label is not known.
    one : bool
        As of `tuningfork.evaluation.label_numbers`.
    """
    known = np.isfinite(wanted)
    true, false = known & (np.nan_to_num(wanted) > 0.5), known & (np.nan_to_num(wanted) <= 0.5)
    n, with_yes, with_no = (int(each.any(axis=1).sum()) for each in (known, true, false))
    recalls = [true.sum(axis=0)] if one else [true.sum(axis=0), false.sum(axis=0)]
    yes = true.sum(axis=0)[true.any(axis=0)]
    return {
        "Accuracy": _all_of(len(wanted)),
        "Binary accuracy": _all_of(n),
        "Precision": _all_of(with_yes),
        "Recall": _all_of(with_yes),
        "F1": float(f1_of(yes, yes)[1].mean()) if len(yes) else 0.0,
        "Balanced accuracy": float(np.mean([_all_of(int(m)) for each in recalls for m in each if m] or [0])),
        "AUC": area_ends(1.0, with_yes, with_no)[0] if with_yes and with_no else 0.0,
    }


def _all_of(n: int) -> float:
    return wilson(n, n).low if n else 0.0
