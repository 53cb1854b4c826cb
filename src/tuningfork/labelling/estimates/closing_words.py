"""Closing audits in words: the line that offers one, how a running one stands, and what one has shown."""

from typing import Any

__all__ = ["closing_line", "closing_sentence", "closing_verdict", "random_looks"]


def closing_line(told: dict[str, Any]) -> str:
    """For who may know of streams: that a closing audit runs, or that one would decide; "" otherwise."""
    running, offer = told["running"], told["offer"]
    if running is not None:
        return (
            f"A closing audit runs: {running['answered']:,} of its {running['planned']:,} random galaxies "
            f"are answered ({running['looks']:,} were drawn inside the top {running['inside']:,}, the others "
            "beyond it). They come first, mixed with others. When all are answered it says whether "
            f"{_target(running['completeness'])} are found; with too many finds it ends sooner, and the hunt "
            "goes on."
        )
    if offer is None:
        return ""
    share = _target(offer["completeness"])
    if offer["looks"] is None and offer["needed"] is None:
        return (
            f"Finds are running dry, but no audit can show that {share} inside the top {offer['inside']:,} "
            f"are found: {offer['skipped']:,} galaxies there were skipped, and each may be a find. Answer "
            "some of them."
        )
    if offer["looks"] is None:
        eye = offer["eye"] or {"hits": 0, "shown": 0}
        return (
            f"Finds are running dry, but no audit can show yet that {share} inside the top "
            f"{offer['inside']:,} are found: {eye['hits']:,} of {eye['shown']:,} known positives were "
            f"recognised, and {_doubt(eye)}. It could be shown after {offer['needed']:,}, all recognised. "
            "Answer on: your own finds come again as second looks."
        )
    again = "" if offer["number"] == 1 else f" It would be closing audit {offer['number']}."
    return (
        f"Finds are running dry. {random_looks(offer['looks'])} inside the top {offer['inside']:,} would "
        f"show whether {share} are found.{again}"
    )


def closing_verdict(told: dict[str, Any], *, streams: bool = True) -> str | None:
    """The hint to stop where it rests on a closing audit; None where it does not.

    One that showed its target is gone by for good, unless a higher one was asked for since; one that did not,
    until the numbers rest on a later one.
    """
    closing, inside = told["closing"], told["inside"]
    if closing is None or closing["state"] == "running":
        return None
    where = f"the top {closing['inside']:,}"
    if closing["state"] == "shown":
        bound = _bound(closing)
        return f"You may stop for {where}: inside it {bound}. What lies beyond it is another matter."
    if inside is None or inside["audit"] > closing["audit"]:
        return None
    share = _target(closing["completeness"])
    if closing["state"] == "futile":
        held = f"held {closing['hits']:,} positives" if streams else "held positives"
        return (
            f"Not sure yet: random looks inside {where} {held}, too many for {share} to be found. "
            "The hunt goes on."
        )
    shown = f": {_bound(closing)}" if closing["at_least"] is not None else ""
    return f"Not sure yet: the random looks inside {where} do not show that {share} are found{shown}."


def closing_sentence(told: dict[str, Any], *, streams: bool = True) -> str | None:
    """What a closing audit has shown, for a paper; None where it has not."""
    closing = told["shown"]
    if closing is None:
        return None
    looks = random_looks(closing["looks"]) if streams else "random looks"
    which = "" if closing["number"] == 1 else f", the {_place(closing['number'])} of its kind"
    return (
        f"A closing audit of {looks}{which} shows that inside the top {closing['inside']:,} by "
        f"rank {_bound(closing)}."
    )


def _doubt(eye: dict[str, int]) -> str:
    if eye["hits"] == eye["shown"]:
        return "so few cannot tell how much the eye misses"
    return "an eye like that may miss too many"


def _bound(closing: dict[str, Any]) -> str:
    eye = "misses of the eye included" if closing["with_eye"] else "if the eye misses none"
    if not closing["unseen"] and not closing["with_eye"]:
        return "all were looked at, and none is left if the eye misses none"
    least = 100 * closing["at_least"]
    least = int(least) if least < 99 else int(10 * least) / 10  # down: a bound is not to be rounded up
    return f"at least {least} % are found (one-sided {100 * closing['level']:.4g} % bound, {eye})"


def random_looks(looks: int) -> str:
    """``1 random look``, ``488 random looks``."""
    return f"{looks:,} random {'look' if looks == 1 else 'looks'}"


def _target(completeness: float) -> str:
    return f"{100 * completeness:.4g} %"


def _place(number: int) -> str:
    return {2: "second", 3: "third"}.get(number, f"{number}th")
