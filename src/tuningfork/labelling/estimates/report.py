"""The estimates of a session in words: sentences to print, and notes on what they rest on.

Whoever must not learn how much of what is asked is audit, known galaxy or second look gets the same words
without counts of those streams (``streams=False``): a count beside the number of answers is the share.
"""

from typing import Any

from tuningfork.labelling.estimates.closing_words import closing_sentence, closing_verdict
from tuningfork.labelling.estimates.people import FEWEST_CHECKS
from tuningfork.labelling.estimates.sentences import as_count, as_share, galaxies, level_of
from tuningfork.labelling.estimates.weighted import Estimate

__all__ = ["notes_of", "rows_of", "sentences_of", "stop_of"]

_ENOUGH = 0.9  # a completeness that most samples have; also the share of finds to stand a second look
_POOL_OF_FINDS = 2  # times the finds: a smaller candidate pool says little of the sample


def notes_of(told: dict[str, Any], lost: list[int], *, streams: bool = True) -> list[str]:
    """What a reader has to know beside the numbers.

    Parameters
    ----------
    told : dict
        See `tuningfork.labelling.estimating.estimate_session`.
    lost : list of int
        Audits that cannot be used any more.
    streams : bool
        Whether the reader may know how large the streams are.
    """
    notes = []
    if told["whole"] is None and not told["unanswered"]:
        notes.append("Every galaxy has an answer: what is missing is only what the eye missed")
    elif told["whole"] is None:
        larger = ", or give the audit a larger share: in Settings, or tuningfork label --audit 0.2"
        notes.append(
            "No audit has an answer in every stratum yet, so nothing is said about what is missing. Answer on"
            + (larger if streams else "")
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
        who = galaxies(unsure) if streams else "Galaxies"
        notes.append(f"{who} of audits were answered maybe and count as not '{told['positive']}'")
    if back := max((a["reopened"] for a in told["audits"] if a["ready"]), default=0):
        notes.append(
            f"No audit speaks of {galaxies(back)}: they were skipped before it was drawn, their answers were "
            "taken back after that, or all that it drew beside them was skipped. Each may be a find, so the "
            "upper ends count them all"
        )
    if told["eye"] is None:
        notes.append(
            "What the eye misses is not in the numbers: "
            f"{f'fewer than {FEWEST_CHECKS}' if streams else 'too few'} known positives were shown again"
        )
    elif told["eye"]["source"] == "repeat":
        notes.append("The hit rate is of own finds shown again: what is missed every time is not in it")
    return notes


def sentences_of(told: dict[str, Any], *, streams: bool = True) -> list[str]:
    """Sentences for a paper, each with its interval; ``streams`` as for `notes_of`."""
    lines = [f"{_found(told)}{_given_by(told, streams)}."]
    lines += _of_audits(told, streams) + _of_people(told, streams)
    if shown := closing_sentence(told, streams=streams):
        lines.append(shown)
    price = None if shown else told["certainty"]
    if price is not None and price["looks"]:
        lines.append(
            f"To certify {100 * price['completeness']:.4g} % inside the top {price['inside']:,}, "
            f"{price['looks']:,} more random looks there without a hit would do."
        )
    return lines


def _found(told: dict[str, Any]) -> str:
    """A bare yes is said with its question; the name of a class says what was found."""
    of = f"{told['found']:,} of {galaxies(told['galaxies'])}"
    if told["positive"] == "yes":
        return f'For {of} the answer to "{told["question"]}" is yes'
    return f"{of} were found to be '{told['positive']}' ({told['question']})"


def _given_by(told: dict[str, Any], streams: bool) -> str:
    """How many galaxies were answered, in how many answers of how many people. Galaxies beside answers would
    give away how many were second looks, so who must not know is told of the answers alone.
    """
    answers = f"{told['answers']:,} {'answer' if told['answers'] == 1 else 'answers'}"
    people = {0: "nobody", 1: "one person"}.get(told["people"], f"{told['people']:,} people")
    examples = f"{told['examples']:,} {'example' if told['examples'] == 1 else 'examples'}"
    besides = f", besides {examples}" if told["examples"] else ""
    were = "was" if told["answered"] == 1 else "were"
    looked = f": {galaxies(told['answered'])} {were} answered," if streams else ","
    return f"{looked} in {answers} by {people}{besides}"


def _of_audits(told: dict[str, Any], streams: bool) -> list[str]:
    lines, whole, inside = [], told["whole"], told["inside"]
    if whole is not None:
        used = [a for a in told["audits"] if a["ready"]]
        asked, hits = sum(a["counted"] for a in used), sum(a["hits"] for a in used)
        draws = f"{len(used)} frozen {'draw' if len(used) == 1 else 'draws'}"
        of, counts = (f" of {galaxies(asked)}", f" ({draws}, {hits} positive)") if streams else ("", "")
        audit = f"An audit{of}, drawn with known probability from strata of rank{counts}"
        lines.append(f"{audit}, gives for {galaxies(whole['pool'])}: {_given(whole)}")
    if inside is not None:
        lines.append(f"Inside the top {inside['pool']:,} by rank: {_given(inside)}")
    return lines


def _given(pool: dict[str, Any]) -> str:
    """What is said of a pool; of one that was looked at wholly there is nothing to estimate but the eye."""
    share, taken = pool["completeness"], pool.get("precision")
    if not pool["unseen"]:
        said = f"all were looked at and {pool['found']:,} called so, {as_share(pool['prevalence'])} of them"
        return f"{said}; what the eye missed is not in that."
    said = f"completeness {as_share(share)} ({level_of(share)}), number left {as_count(pool['left'])}"
    if taken is not None:
        return f"{said}; the purity of taking all of them would be {as_share(taken)}."
    return f"{said}, prevalence {as_share(pool['prevalence'])}."


def _of_people(told: dict[str, Any], streams: bool) -> list[str]:
    lines, eye, seen = [], told["eye"], told["confirmed"]
    if eye is not None:
        rate = as_share(eye["rate"])
        counts = f" ({eye['hits']} of {eye['shown']})" if streams else ""
        lines.append(f"Of known positives {rate} were recognised{counts}.")
    told_of = [(f"of {galaxies(pool['pool'])}", pool) for pool in (told["whole"],) if pool is not None]
    told_of += [(f"inside the top {pool['pool']:,}", pool) for pool in (told["inside"],) if pool is not None]
    for where, pool in told_of:
        if (true := pool["with_eye"]) is not None:
            lines.append(
                f"With that folded in, {where}: completeness {as_share(true['completeness'])}, "
                f"{_missing(pool)}, prevalence {as_share(true['prevalence'])}."
            )
    if seen is not None:
        of = f"{seen['of']} finds" if streams else "finds"
        lines.append(f"Of {of} shown a second time, {as_share(seen['rate'])} were confirmed.")
    return lines


def _missing(pool: dict[str, Any]) -> str:
    """Positives that nobody called so: left among those not looked at, or missed by the eye."""
    what = "not looked at or missed by the eye" if pool["unseen"] else "missed by the eye, none is left"
    return f"{as_count(pool['with_eye']['left'])} {what}"


def rows_of(told: dict[str, Any], *, streams: bool = True) -> list[dict[str, str]]:
    """The estimates as lines of a panel: ``what``, ``value`` with its interval, ``note``; from the plain
    table of `tuningfork.labelling.estimating.estimate_session`. ``streams`` as for `notes_of`.
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
        counts = f"{seen['hits']} of {seen['of']} finds stood a second look"
        note = counts if streams else "share of finds that stood a second look"
        rows.append(_row("Purity", as_share(_estimate(seen["rate"])), note))
    if told["eye"] is not None:
        counts = f"{told['eye']['hits']} of {told['eye']['shown']} known positives recognised"
        note = counts if streams else "share of known positives recognised"
        rows.append(_row("Hit rate of the eye", as_share(_estimate(told["eye"]["rate"])), note))
    return rows


def stop_of(told: dict[str, Any], *, streams: bool = True) -> str:
    """Whether one may stop, with what that rests on; from the same table. ``streams`` as for `notes_of`."""
    inside, whole = told["inside"], told["whole"]
    if inside is None and not told["unanswered"]:
        return "You may stop: every galaxy has an answer. What the eye missed is not in that."
    if inside is None:
        awaited = _awaited(told) if streams else "too little of an audit is answered"
        return f"Too early to say how much is missing: {awaited}."
    # of a pool that is too small for the finds, or where all were looked at, one speaks of the whole
    all_of_it = inside["pool"] < _POOL_OF_FINDS * told["found"] or not whole["unseen"]
    pool, where = (whole, galaxies(whole["pool"])) if all_of_it else (inside, f"the top {inside['pool']:,}")
    share, reason = _reason(pool, f"{'of' if all_of_it else 'inside'} {where}")
    seen, verdict = told["confirmed"], closing_verdict(told, streams=streams)
    if seen is not None and seen["hits"] < _ENOUGH * seen["of"]:
        stood = f"{seen['hits']} of {seen['of']} finds" if streams else "too few finds"
        doubt = f"{stood} stood a second look, so the finds are in doubt"
        return f"Look again first: {doubt}. Apart from that: {reason}."
    if verdict is not None:
        return verdict
    if share.low < _ENOUGH:
        return f"Not sure yet: {reason}."
    beyond = "" if all_of_it else " What lies beyond it is another matter."
    return f"You may stop for {where}: {reason}.{beyond}"


def _reason(pool: dict[str, Any], where: str) -> tuple[Estimate, str]:
    """The completeness one goes by, and what it rests on."""
    true = pool["with_eye"]
    share, left = (_estimate((true or pool)[name]) for name in ("completeness", "left"))
    if true is None and not pool["unseen"]:
        return share, f"{where} all were looked at, and none is left if the eye misses none"
    eye = "misses of the eye included" if true else "if the eye misses none"
    said = f"{where} the completeness is {as_share(share)} ({level_of(share)}, {eye})"
    if not pool["unseen"]:
        return share, f"{where} all were looked at; {said}, {as_count(left)} missed by the eye"
    return share, f"{said}, {as_count(left)} {'left or missed by the eye' if true else 'left'}"


def _awaited(told: dict[str, Any]) -> str:
    """What is missing for a first number."""
    if not told["audits"]:
        if not told["audit"]["share"]:
            return "no audit is drawn, since its share is 0 (see Settings)"
        return f"the first audit is drawn after {told['audit']['from']} answers, once a find is known"
    last = told["audits"][-1]
    return (
        f"{last['answered']} of {last['planned']} audited, and half of them, with one of each stratum, are "
        "needed. A larger share of audits (Settings) brings it sooner"
    )


def _rows_of_pool(pool: dict[str, Any], where: str) -> list[dict[str, str]]:
    looked = f"{where}, all were looked at" if not pool["unseen"] else where
    left = _estimate(pool["left"])
    rows = [
        _row("Completeness", as_share(_estimate(pool["completeness"])), looked),
        _row("Number left", as_count(left), looked),
    ]
    if pool["with_eye"] is not None:
        true, note = pool["with_eye"], f"{where}, misses of the eye included"
        rows.append(_row("Completeness", as_share(_estimate(true["completeness"])), note))
        what = "Left or missed" if pool["unseen"] else "Missed by the eye"
        rows.append(_row(what, as_count(_estimate(true["left"])), note))
    return rows


def _row(what: str, value: str, note: str) -> dict[str, str]:
    return {"what": what, "value": value, "note": note}


def _estimate(told: dict[str, Any]) -> Estimate:
    return Estimate(**told)
