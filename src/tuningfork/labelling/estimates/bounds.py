"""Exact intervals of shares, and what it costs to say that nothing is left."""

__all__ = ["certainty_looks", "clopper_pearson", "most_left_after_no_hit"]


def clopper_pearson(hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """The exact interval of a share (Clopper & Pearson 1934, Biometrika 26, 404).

    Parameters
    ----------
    hits, n : int
        Successes among n trials, 0 <= hits <= n; n of 0 gives (0, 1).
    level : float
        Of the two-sided interval.
    """
    from scipy.stats import beta

    if not 0 <= hits <= n:
        raise ValueError(f"{hits} hits in {n} trials")
    tail = (1 - level) / 2
    low = float(beta.ppf(tail, hits, n - hits + 1)) if hits else 0.0
    high = float(beta.isf(tail, hits + 1, n - hits)) if hits < n else 1.0
    return low, high


def certainty_looks(found: int, unseen: int, completeness: float, level: float = 0.95) -> int:
    """How many random looks without a hit reject "the completeness is no more than this".

    The hypothesis leaves the smallest number of positives with which the completeness is no higher; the
    chance that a draw of n of the unseen without replacement misses all of them is hypergeometric.

    Parameters
    ----------
    found : int
        Positives that are known.
    unseen : int
        Galaxies nobody looked at.
    completeness : float
        The share one wants to certify, above 0 to below 1.
    level : float
        One-sided confidence.

    Returns
    -------
    int
        From 0 (fewer galaxies are unseen than would have to be missed) to ``unseen``.
    """
    if found < 0 or unseen < 0 or not 0 < completeness < 1 or not 0 < level < 1:
        raise ValueError("found and unseen are at least 0, completeness and level between 0 and 1")
    missing = _least_missing(found, completeness)
    if missing > unseen:
        return 0
    low, high = 0, unseen
    while low < high:  # the chance falls with every look
        middle = (low + high) // 2
        if _chance_of_none(unseen, missing, middle) <= 1 - level:
            high = middle
        else:
            low = middle + 1
    return low


def most_left_after_no_hit(unseen: int, looks: int, level: float = 0.95) -> int:
    """The largest number of positives among the unseen that ``looks`` random looks without a hit do not
    reject.
    """
    if not 0 <= looks <= unseen:
        raise ValueError(f"{looks} looks at {unseen} galaxies")
    low, high = 0, unseen - looks
    while low < high:
        middle = (low + high + 1) // 2
        if _chance_of_none(unseen, middle, looks) > 1 - level:
            low = middle
        else:
            high = middle - 1
    return low


def _least_missing(found: int, completeness: float) -> int:
    missing = max(1, int(found / completeness - found) - 1)
    while found / (found + missing) > completeness + 1e-12:
        missing += 1
    return missing


def _chance_of_none(unseen: int, positives: int, looks: int) -> float:
    from scipy.stats import hypergeom

    return float(hypergeom.pmf(0, unseen, positives, looks))
