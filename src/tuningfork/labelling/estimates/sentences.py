"""Numbers with intervals as sentences one can print."""

from tuningfork.labelling.estimates.weighted import Estimate

__all__ = ["as_count", "as_share", "galaxies", "level_of"]


def as_share(estimate: Estimate) -> str:
    """``92 % [85, 97]``, or the bound alone where there is no number."""
    low, high = _percent(estimate.low), _percent(estimate.high)
    if estimate.value is not None:
        return f"{_percent(estimate.value)} % [{low}, {high}]"
    if estimate.low > 0 and estimate.high >= 1:
        return f"at least {low} %"
    if estimate.low <= 0:
        return f"at most {high} %"
    return f"between {low} % and {high} %"


def as_count(estimate: Estimate) -> str:
    """``140 [95, 260]``, or the bound alone where there is no number."""
    low, high = f"{estimate.low:,.0f}", f"{estimate.high:,.0f}"
    if estimate.value is not None:
        return f"{estimate.value:,.0f} [{low}, {high}]"
    return f"at most {high}" if estimate.low <= 0 else f"between {low} and {high}"


def level_of(estimate: Estimate) -> str:
    """``95 % interval`` or ``one-sided 95 % bound``."""
    share = _percent(estimate.level)
    return f"{share} % interval" if estimate.value is not None else f"one-sided {share} % bound"


def galaxies(count: int) -> str:
    """``1 galaxy``, ``1,343 galaxies``."""
    return f"{count:,} {'galaxy' if count == 1 else 'galaxies'}"


def _percent(share: float) -> str:
    """Two digits where a share is small or nearly whole, so that neither reads as 0 or 100."""
    percent = 100 * share
    if percent in (0, 100):
        return f"{percent:.0f}"
    for digits in (0, 1, 2, 3):
        text = f"{percent:.{digits}f}"
        if digits >= (0 if 1 <= percent <= 99 else 1) and 0 < float(text) < 100:
            return text
    return f"{percent:.2g}"
