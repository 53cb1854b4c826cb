"""The estimates of a session in words: sentences to print, and notes on what they rest on."""

from typing import Any

from tuningfork.labelling.estimates.people import FEWEST_CHECKS
from tuningfork.labelling.estimates.sentences import as_count, as_share, galaxies, level_of

__all__ = ["notes_of", "sentences_of"]


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
    if lost:
        notes.append(f"The collection's rows have moved since audit {lost[0]}: it is left out")
    if unsure := sum(a["unsure"] for a in told["audits"]):
        notes.append(
            f"{galaxies(unsure)} of audits were answered maybe and count as not '{told['positive']}'"
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
            f"({draws}, {hits} positive), puts the completeness of the sample at {as_share(share)} "
            f"({level_of(share)}), the number left at {as_count(whole['left'])} "
            f"and the prevalence at {as_share(whole['prevalence'])}."
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
    if told["with_eye"] is not None:
        lines.append(f"With that folded in, the completeness is {as_share(told['with_eye'])}.")
    if seen is not None:
        lines.append(f"Of {seen['of']} finds shown a second time, {as_share(seen['rate'])} were confirmed.")
    return lines
