"""The estimates of a session in words: sentences to print, and notes on what they rest on."""

from typing import Any

from tuningfork.labelling.estimates.people import FEWEST_CHECKS
from tuningfork.labelling.estimates.sentences import as_count, as_share, galaxies, level_of
from tuningfork.labelling.estimates.weighted import Estimate

__all__ = ["notes_of", "rows_of", "sentences_of", "stop_of"]

_ENOUGH = 0.9  # a completeness with which most samples are published


def notes_of(told: dict[str, Any], lost: list[int]) -> list[str]:
    """What a reader has to know beside the numbers.

    Parameters
    ----------
    told : dict
        See `tuningfork.labelling.estimating.estimate_session`.
    lost : list of int
        Audits that cannot be used any more.
    """
    notes = []
    if told["whole"] is None:
        notes.append(
            "No audit has an answer in every stratum yet, so nothing is said about what is missing. "
            "Answer on, or give the audit a larger share"
        )
    else:
        notes.append(
            "An interval holds for one look at it; who looks often and stops when it pleases is too sure"
        )
    covered = told["whole"]["pool"] if told["whole"] is not None else told["galaxies"]
    if covered < told["galaxies"]:
        notes.append(
            f"No audit covers {galaxies(told['galaxies'] - covered)}: without a vector, flagged, planted as "
            "known or added later. Nothing is said of what is among them"
        )
    if lost:
        notes.append(f"The collection's rows have moved since audit {lost[0]}: it is left out")
    if unsure := sum(a["unsure"] for a in told["audits"]):
        notes.append(
            f"{galaxies(unsure)} of audits were answered maybe and count as not '{told['positive']}'"
        )
    if back := max((a["reopened"] for a in told["audits"] if a["ready"]), default=0):
        notes.append(
            f"No audit speaks of {galaxies(back)}: their answers were taken back after it was drawn, or all "
            "that it drew beside them was skipped. Each may be a find, so the upper ends count them all"
        )
    if told["eye"] is None:
        notes.append(
            "What the eye misses is not in the numbers: "
            f"fewer than {FEWEST_CHECKS} known positives were shown again"
        )
    elif told["eye"]["source"] == "repeat":
        notes.append("The hit rate is of own finds shown again: what is missed every time is not in it")
    return notes


def sentences_of(told: dict[str, Any]) -> list[str]:
    """Sentences for a paper, each with its interval."""
    lines = [
        f"{told['found']:,} of {galaxies(told['galaxies'])} were found to be '{told['positive']}' "
        f"({told['question']}) in {told['answers']:,} answers."
    ]
    lines += _of_audits(told) + _of_people(told)
    price = told["certainty"]
    if price is not None and price["looks"]:
        lines.append(
            f"To certify {price['completeness']:.0%} inside the top {price['inside']:,}, "
            f"{price['looks']:,} more random looks there without a hit would do."
        )
    return lines


def _of_audits(told: dict[str, Any]) -> list[str]:
    lines, whole, inside = [], told["whole"], told["inside"]
    if whole is not None:
        used = [a for a in told["audits"] if a["ready"]]
        asked, hits = sum(a["counted"] for a in used), sum(a["hits"] for a in used)
        draws = f"{len(used)} frozen {'draw' if len(used) == 1 else 'draws'}"
        share = whole["completeness"]
        lines.append(
            f"An audit of {galaxies(asked)}, drawn with known probability from strata of rank "
            f"({draws}, {hits} positive), gives for {galaxies(whole['pool'])}: "
            f"completeness {as_share(share)} ({level_of(share)}), number left {as_count(whole['left'])}, "
            f"prevalence {as_share(whole['prevalence'])}."
        )
    if inside is not None:
        share = inside["completeness"]
        lines.append(
            f"Inside the top {inside['pool']:,} by rank: {as_share(share)} ({level_of(share)}), "
            f"{as_count(inside['left'])} left; "
            f"the purity of taking all of them would be {as_share(inside['precision'])}."
        )
    return lines


def _of_people(told: dict[str, Any]) -> list[str]:
    lines, eye, seen = [], told["eye"], told["confirmed"]
    if eye is not None:
        rate = as_share(eye["rate"])
        lines.append(f"Of known positives {rate} were recognised ({eye['hits']} of {eye['shown']}).")
    told_of = [(f"of {galaxies(pool['pool'])}", pool) for pool in (told["whole"],) if pool is not None]
    told_of += [(f"inside the top {pool['pool']:,}", pool) for pool in (told["inside"],) if pool is not None]
    for where, pool in told_of:
        if (true := pool["with_eye"]) is not None:
            lines.append(
                f"With that folded in, {where}: completeness {as_share(true['completeness'])}, "
                f"number left {as_count(true['left'])}, prevalence {as_share(true['prevalence'])}."
            )
    if seen is not None:
        lines.append(f"Of {seen['of']} finds shown a second time, {as_share(seen['rate'])} were confirmed.")
    return lines


def rows_of(told: dict[str, Any]) -> list[dict[str, str]]:
    """The estimates as lines of a panel: ``what``, ``value`` with its interval, ``note``; from the plain
    table of `tuningfork.labelling.estimating.estimate_session`.
    """
    rows, inside, whole, seen = [], told["inside"], told["whole"], told["confirmed"]
    if inside is not None:
        rows += _rows_of_pool(inside, f"in the top {inside['pool']:,}")
    if whole is not None:
        rows += _rows_of_pool(whole, f"of {galaxies(whole['pool'])}")
        rows.append(
            _row("Prevalence", as_share(_estimate(whole["prevalence"])), f"of {galaxies(whole['pool'])}")
        )
    if seen is not None:
        note = f"{seen['hits']} of {seen['of']} finds stood a second look"
        rows.append(_row("Purity", as_share(_estimate(seen["rate"])), note))
    if told["eye"] is not None:
        note = f"{told['eye']['hits']} of {told['eye']['shown']} known positives recognised"
        rows.append(_row("Hit rate of the eye", as_share(_estimate(told["eye"]["rate"])), note))
    return rows


def stop_of(told: dict[str, Any]) -> str:
    """Whether one may stop, with what that rests on; from the same table."""
    inside = told["inside"]
    if inside is None:
        return "Too early to say how much is missing: no audit has answers for half of its galaxies."
    true = inside["with_eye"]
    share, pool = _estimate((true or inside)["completeness"]), f"{inside['pool']:,}"
    eye = "misses of the eye included" if true else "if the eye misses none"
    told_share = f"inside the top {pool} the completeness is {as_share(share)} ({level_of(share)}, {eye})"
    if share.low >= _ENOUGH:
        return f"You may stop for the top {pool}: {told_share}. What lies beyond it is another matter."
    return f"Not sure yet: {told_share}, {as_count(_estimate((true or inside)['left']))} left there."


def _rows_of_pool(pool: dict[str, Any], where: str) -> list[dict[str, str]]:
    rows = [
        _row("Completeness", as_share(_estimate(pool["completeness"])), where),
        _row("Number left", as_count(_estimate(pool["left"])), where),
    ]
    if pool["with_eye"] is not None:
        true, note = pool["with_eye"], f"{where}, misses of the eye included"
        rows.append(_row("Completeness", as_share(_estimate(true["completeness"])), note))
        rows.append(_row("Number left", as_count(_estimate(true["left"])), note))
    return rows


def _row(what: str, value: str, note: str) -> dict[str, str]:
    return {"what": what, "value": value, "note": note}


def _estimate(told: dict[str, Any]) -> Estimate:
    return Estimate(**told)
