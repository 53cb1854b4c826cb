"""Rows of the votes table: each question's error beside that of the mean, and how often it is right."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.papers.answers import unpack_shares
from tuningfork.papers.report import Report, row
from tuningfork.papers.sweep import Swept

if TYPE_CHECKING:
    from tuningfork.papers.lvm.votes import Voted

__all__ = ["votes_report"]


def votes_report(voted: "Voted", swept: Swept, notes: Sequence[str]) -> Report:
    """The table of the folds that are finished."""
    said, mean, judged = _put_together(voted, swept)
    rows: list[dict[str, Any]] = []
    verdict: list[str] = []
    if judged.any():
        rows = _rows(voted, said[:, judged], mean[:, judged], voted.truth[judged])
        verdict = _verdict(rows)
    told = (
        "majority: the error of saying the mean shares of the galaxies that were learnt from; for accuracy, "
        "how often the answer with the largest mean share is right",
        "accuracy: whether the answer with the largest foretold share is the one with the largest share",
        "intervals resample galaxies and seeds",
    )
    title = f"Shares of votes foretold, {len(voted.tree.steps)} questions of {voted.tree.name}"
    return Report(title, rows, (*notes, *told, *verdict))


def _put_together(voted: "Voted", swept: Swept) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(seeds, N, answers) foretold, the same of the mean, and (N,) which galaxies are judged."""
    by_seed: dict[int, dict[int, dict[str, Any]]] = {}
    for cell, result in swept.done:
        by_seed.setdefault(cell["seed"], {})[cell["fold"]] = result
    most = max(map(len, by_seed.values()), default=0)
    whole = [seed for seed, folds in sorted(by_seed.items()) if len(folds) == most]
    if most < voted.folds.count:  # folds of two seeds are not of the same galaxies
        whole = whole[:1]
    truth = voted.truth
    said, mean = np.full((2, len(whole), *truth.shape), np.nan)
    judged = np.zeros(len(truth), bool)
    for place, seed in enumerate(whole):
        for fold, result in by_seed[seed].items():
            learnt, rows = voted.parts(seed, fold)
            said[place, rows] = unpack_shares(result["said"], len(rows), truth.shape[1])
            known = np.isfinite(truth[learnt])
            mean[place, rows] = np.nansum(truth[learnt], axis=0) / np.maximum(known.sum(axis=0), 1)
            judged[rows] = True
    return said, mean, judged


def _rows(voted: "Voted", said: np.ndarray, mean: np.ndarray, truth: np.ndarray) -> list[dict[str, Any]]:
    """Mean absolute error and accuracy of each question, those of all questions first."""
    from tuningfork.evaluation import bootstrap_draws

    errors, constants, lines = [], [], []
    for name, own in voted.tree.slices.items():
        asked = np.isfinite(truth[:, own]).all(axis=1) & np.isfinite(said[:, :, own]).all(axis=(0, 2))
        if not asked.any():
            lines.append(_missing(name))
            continue
        off = np.abs(said[:, :, own] - truth[:, own]).mean(axis=2)
        flat = np.abs(mean[:, :, own] - truth[:, own]).mean(axis=2)
        errors.append(np.where(asked, off, np.nan))
        constants.append(np.where(asked, flat, np.nan))
        lead = bootstrap_draws((flat - off)[:, asked])
        further = {"question": name, "galaxies": int(asked.sum()), "seeds": len(said)}
        lines.append(
            row(
                f"{name}: mean absolute error",
                bootstrap_draws(off[:, asked]),
                majority=float(flat[:, asked].mean()),
                score="MAE",
                lead=lead.value,
                lead_low=lead.low,
                lead_high=lead.high,
                **further,
            )
        )
        true = truth[asked][:, own].argmax(axis=1)
        right = (said[:, asked][:, :, own].argmax(axis=2) == true).astype(float)
        constant = (mean[:, asked][:, :, own].argmax(axis=2) == true).astype(float)
        lead = bootstrap_draws(right - constant)
        lines.append(
            row(
                f"{name}: accuracy",
                bootstrap_draws(right),
                majority=float(constant.mean()),
                score="accuracy",
                lead=lead.value,
                lead_low=lead.low,
                lead_high=lead.high,
                **further,
            )
        )
    return [*_of_all(errors, constants, len(said)), *lines]


def _of_all(errors: list[np.ndarray], constants: list[np.ndarray], seeds: int) -> list[dict[str, Any]]:
    """The mean over the questions that a galaxy was asked, each galaxy counting alike."""
    from tuningfork.evaluation import bootstrap_draws

    if not errors:
        return []
    asked = np.isfinite(np.stack(errors)).any(axis=(0, 1))
    ours, flat = (np.nanmean(np.stack(one)[:, :, asked], axis=0) for one in (errors, constants))
    lead = bootstrap_draws(flat - ours)
    return [
        row(
            "all questions: mean absolute error",
            bootstrap_draws(ours),
            majority=float(flat.mean()),
            score="MAE",
            lead=lead.value,
            lead_low=lead.low,
            lead_high=lead.high,
            question="all",
            galaxies=int(asked.sum()),
            seeds=seeds,
        )
    ]


def _missing(name: str) -> dict[str, Any]:
    from tuningfork.evaluation import Interval

    nothing = Interval(float("nan"), float("nan"), float("nan"))
    return row(f"{name}: missing, no votes for it or on the way to it", nothing, question=name)


def _verdict(rows: Sequence[dict[str, Any]]) -> list[str]:
    """How many questions are foretold better than without looking, and by more than the interval."""
    told = []
    for score, what in (("MAE", "foretold better than by the mean"), ("accuracy", "right more often")):
        own = [line for line in rows if line.get("score") == score and line["question"] != "all"]
        if not own:
            continue
        better = sum(line["lead"] > 0 for line in own)
        sure = sum(line["lead_low"] > 0 for line in own)
        behind = [line["question"] for line in own if line["lead"] <= 0]
        rest = f"; not {', '.join(behind)}" if behind else ""
        told.append(f"{score}: {better} of {len(own)} questions {what}, {sure} beyond the interval{rest}")
    return told
