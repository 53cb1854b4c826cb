"""Numbers with intervals as sentences one can print."""

from tuningfork.labelling.estimates.weighted import Estimate

__all__ = ["as_count", "as_share", "galaxies", "is_exact", "level_of"]


def is_exact(estimate: Estimate) -> bool:
    """Whether it has no width: all galaxies it is about were looked at. No interval is written then, since
    it would claim that the eye misses none.
    """
    return estimate.value is not None and estimate.low == estimate.high


def as_share(estimate: Estimate) -> str:
    """``92 % [85, 97]``, the bound alone where there is no number, the number alone where all were looked
    at.
    """
    if is_exact(estimate):
        return f"{_percent(estimate.low)} %"
    digits = 0
    while _percent(estimate.low, digits) == _percent(estimate.high, digits) and digits < 3:
        digits += 1
    low, high = _percent(estimate.low, digits), _percent(estimate.high, digits)
    if estimate.value is not None:
        return f"{_percent(estimate.value, digits)} % [{low}, {high}]"
    if estimate.low <= 0 and estimate.high >= 1:
        return "not known"
    if estimate.low > 0 and estimate.high >= 1:
        return f"at least {low} %"
    if estimate.low <= 0:
        return f"at most {high} %"
    return f"between {low} % and {high} %"


def as_count(estimate: Estimate) -> str:
    """``140 [95, 260]``, the bound alone where there is no number, the number alone where all were looked
    at.
    """
    if is_exact(estimate):
        return f"{estimate.low:,.0f}" if estimate.low else "none"
    low, high = f"{estimate.low:,.0f}", f"{estimate.high:,.0f}"
    if estimate.value is not None:
        return f"{estimate.value:,.0f} [{low}, {high}]"
    return f"at most {high}" if estimate.low <= 0 else f"between {low} and {high}"


def level_of(estimate: Estimate) -> str:
    """``95 % interval``, ``one-sided 95 % bound`` or ``all were looked at``."""
    if is_exact(estimate):
        return "all were looked at"
    share = _percent(estimate.level)
    return f"{share} % interval" if estimate.value is not None else f"one-sided {share} % bound"


def galaxies(count: int) -> str:
    """``1 galaxy``, ``1,343 galaxies``."""
    return f"{count:,} {'galaxy' if count == 1 else 'galaxies'}"


def _percent(share: float, fewest: int = 0) -> str:
    """Two digits where a share is small or nearly whole, so that neither reads as 0 or 100; ``fewest`` digits
    behind the point at least.
    """
    percent = 100 * share
    if percent in (0, 100):
        return f"{percent:.0f}"
    for digits in range(fewest, 4):
        text = f"{percent:.{digits}f}"
        if digits >= (0 if 1 <= percent <= 99 else 1) and 0 < float(text) < 100:
            return text
    return f"{percent:.2g}"
