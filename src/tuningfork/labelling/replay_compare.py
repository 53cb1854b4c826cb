"""What a replay says in short: means, answers needed, and paired differences between strategies."""

from collections.abc import Sequence

import numpy as np

from tuningfork.evaluation.intervals import student
from tuningfork.labelling.replay import Replayed

__all__ = ["across", "compared", "summary"]


def summary(told: Replayed) -> list[dict]:
    """Each strategy with each encoder over its seeds.

    Returns
    -------
    list of dict
        ``strategy``, ``encoder``, ``answers_to_80`` (median over seeds, None when half of them or more did
        not get there), ``low`` and ``high`` (its bootstrap interval of 95 % over seeds, None where that
        reaches searches that did not get there), ``reached`` and ``searches``; ``stopped`` (median answer at
        which a person gives up who heard no yes for long, None when half of them or more never did) and
        ``stopped_share`` (mean share of the positives found by then, over those who gave up).
    """
    table = []
    for (strategy, encoder), group in _grouped(told.searches).items():
        needed = np.array([_needed(one, np.inf) for one in group])
        draws = np.random.default_rng(0).integers(0, len(needed), (2000, len(needed)))
        ends = np.quantile(np.median(needed[draws], axis=1), [0.025, 0.975], method="nearest")
        table.append(
            {
                "strategy": strategy,
                "encoder": encoder,
                "answers_to_80": _finite(np.median(needed)),
                "low": _finite(ends[0]),
                "high": _finite(ends[1]),
                "reached": int(np.isfinite(needed).sum()),
                "searches": len(needed),
                **_given_up(group),
            }
        )
    return table


def across(told: Replayed, baseline: str) -> list[dict]:
    """Every strategy against a baseline on the same vectors, and the baseline on each encoder's vectors
    against itself on those of the first; rows of `compared`.
    """
    encoders = list(dict.fromkeys(search["encoder"] for search in told.searches))
    between = compared(told, baseline, baseline_encoder=encoders[0]) if len(encoders) > 1 else []
    return compared(told, baseline) + [row for row in between if row["strategy"] == baseline]


def compared(
    told: Replayed, baseline: str, *, baseline_encoder: str | None = None, answers: Sequence[int] = ()
) -> list[dict]:
    """Every strategy and encoder against a baseline, seed by seed.

    Parameters
    ----------
    told : Replayed
        With the baseline among the strategies.
    baseline : str
        Name of the strategy to compare with.
    baseline_encoder : str, optional
        Its vectors; each encoder is compared with itself when not given.
    answers : sequence of int
        Where to compare finds and average precision; the last number of answers when empty.

    Returns
    -------
    list of dict
        ``strategy``, ``encoder``, ``against``, ``quantity`` ("found", "average_precision",
        "balanced_accuracy", "subtypes" as differences; "answers_to_80" as a ratio), ``answers``, ``value``
        (mean of the paired differences, or geometric mean of the paired ratios), ``low``, ``high`` (Student's
        over seeds, 95 %; None of one seed), ``seeds``, and for the ratio ``censored``: how many of the two
        sets of searches did not get there. Those count with the answers they gave, so the ratio is a bound
        then: too high when the baseline is what fell short, too low when the strategy did. Of a seed with
        which ``neither`` got there nothing is known: it is counted in both, and left out of the ratio, which
        is None when none is left.
    """
    rows = _by_seed(told.rows)
    searches = {(s["strategy"], s["encoder"], s["seed"]): s for s in told.searches}
    seeds = sorted({s["seed"] for s in told.searches})
    at = list(answers) or [max(row["answers"] for row in told.rows)]
    table = []
    for strategy, encoder in _grouped(told.searches):
        other = baseline_encoder or encoder
        if (strategy, encoder) == (baseline, other):
            continue
        who = {"strategy": strategy, "encoder": encoder, "against": f"{baseline} ({other})"}
        for stop in at:
            for quantity in ("found", "subtypes", "average_precision", "balanced_accuracy"):
                own = [rows.get((strategy, encoder, seed, stop), {}).get(quantity) for seed in seeds]
                base = [rows.get((baseline, other, seed, stop), {}).get(quantity) for seed in seeds]
                table += _difference(who | {"quantity": quantity, "answers": stop}, own, base)
        pairs = [(searches[strategy, encoder, s], searches[baseline, other, s]) for s in seeds]
        table.append(who | _ratio(pairs))
    return table


def _given_up(group: Sequence[dict]) -> dict:
    stopped = np.array([np.inf if one.get("stopped") is None else one["stopped"] for one in group])
    shares = [one["stopped_share"] for one in group if one.get("stopped_share") is not None]
    return {
        "stopped": _finite(np.median(stopped)),
        "stopped_share": float(np.mean(shares)) if shares else None,
    }


def _difference(who: dict, own: list, base: list) -> list[dict]:
    pairs = [(a, b) for a, b in zip(own, base, strict=True) if a is not None and b is not None]
    if not pairs:
        return []
    told = student(np.array([a - b for a, b in pairs], float))
    ends = {"low": _finite(told.low), "high": _finite(told.high)}
    return [who | {"value": told.value, **ends, "seeds": len(pairs)}]


def _ratio(pairs: list[tuple[dict, dict]]) -> dict:
    told = {"quantity": "answers_to_80", "answers": None, "value": None, "low": None, "high": None}
    short = [sum(one["answers_to_80"] is None for one in side) for side in zip(*pairs, strict=True)]
    known = [(a, b) for a, b in pairs if a["answers_to_80"] is not None or b["answers_to_80"] is not None]
    told |= {"seeds": len(known), "censored": short, "neither": len(pairs) - len(known)}
    if not known:
        return told
    ratio = student(np.array([np.log(_needed(a, a["answers"]) / _needed(b, b["answers"])) for a, b in known]))
    ends = {"low": _finite(np.exp(ratio.low)), "high": _finite(np.exp(ratio.high))}
    return told | {"value": float(np.exp(ratio.value))} | ends


def _needed(one: dict, otherwise: float) -> float:
    return otherwise if one["answers_to_80"] is None else one["answers_to_80"]


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _grouped(searches: list[dict]) -> dict[tuple[str, str], list[dict]]:
    groups: dict[tuple[str, str], list[dict]] = {}
    for one in searches:
        groups.setdefault((one["strategy"], one["encoder"]), []).append(one)
    return groups


def _by_seed(rows: list[dict]) -> dict[tuple, dict]:
    """Rows by strategy, encoder, seed and answers; a search that ran out counts with its last row from there
    on.
    """
    stops = sorted({row["answers"] for row in rows})
    table: dict[tuple, dict] = {}
    for row in rows:
        for stop in stops:
            if stop >= row["answers"]:
                table[row["strategy"], row["encoder"], row["seed"], stop] = row
    return table
