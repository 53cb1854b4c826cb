"""Rows and pictures of the table: each method at each number of labels, and its lead on from scratch."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tuningfork.papers.answers import unpack
from tuningfork.papers.g036.printed import PER_CLASS, printed
from tuningfork.papers.g036.settings import METHODS
from tuningfork.papers.g036.survey import Survey
from tuningfork.papers.plot import Point, Series, line_plot
from tuningfork.papers.report import Report, row
from tuningfork.papers.sweep import Swept

__all__ = ["few_labels_report"]

_BASE = "from scratch"
Answers = dict[tuple[str, int, str], dict[int, np.ndarray]]  # survey, per class, method -> seed -> (n,)


def few_labels_report(swept: Swept, surveys: Sequence[Survey], notes: Sequence[str]) -> Report:
    """The table of the cells that are finished."""
    said = _answers(swept, surveys)
    rows, pictures = [], {}
    for survey in surveys:
        of_survey = [key for key in said if key[0] == survey.name]
        order = sorted(of_survey, key=lambda key: (PER_CLASS.index(key[1]), list(METHODS).index(key[2])))
        lines = [line for key in order for line in _rows(survey, key, said)]
        rows += lines
        pictures[f"{survey.name}.svg"] = _picture(survey, lines)
    rows.sort(key=lambda line: line["score"] == "accuracy")  # the paper judges by macro-F1
    return Report("Few labels, and another survey (G036 2023, tables 7 and 8)", rows, tuple(notes), pictures)


def _answers(swept: Swept, surveys: Sequence[Survey]) -> Answers:
    known = {survey.name: survey for survey in surveys}
    said: Answers = {}
    for cell, result in swept.done:
        if "survey" in cell:
            survey = known[cell["survey"]]
            answers = unpack(result["answers"], survey.classes, len(survey.test))[0]
            said.setdefault((survey.name, cell["per_class"], cell["method"]), {})[cell["seed"]] = answers
    return said


def _rows(survey: Survey, key: tuple[str, int, str], said: Answers) -> list[dict[str, Any]]:
    """Macro-F1 and accuracy, and by how much each is above from scratch with the same labels."""
    from tuningfork.evaluation import bootstrap_draws, bootstrap_macro_f1, macro_f1_lead

    _, per_class, method = key
    truth = survey.truth.astype(str)
    ours, theirs = said[key], said.get((survey.name, per_class, _BASE), {})
    both = sorted(ours.keys() & theirs.keys()) if method != _BASE else []
    mine = np.stack(list(ours.values())).astype(str)
    scores = {"macro-F1": bootstrap_macro_f1(truth, mine), "accuracy": bootstrap_draws(mine == truth)}
    leads: dict[str, Any] = {}
    if both:
        one, other = (np.stack([of[seed] for seed in both]).astype(str) for of in (ours, theirs))
        leads["macro-F1"] = macro_f1_lead(truth, one, other)
        leads["accuracy"] = bootstrap_draws((one == truth).astype(float) - (other == truth))
    majority = _majority(survey)
    return [
        row(
            f"{survey.name}, {per_class or 'all'}{' per class' if per_class else ''}: {method}",
            scores[score],
            paper=printed(survey.name, method, per_class, score),
            majority=majority[score],
            score=score,
            lead=leads[score].value if both else None,
            lead_low=leads[score].low if both else None,
            lead_high=leads[score].high if both else None,
            survey=survey.name,
            per_class=per_class or "all",
            method=method,
            seeds=len(ours),
        )
        for score in scores
    ]


def _majority(survey: Survey) -> dict[str, float]:
    from tuningfork.evaluation import bootstrap_macro_f1

    names, counts = np.unique(survey.labels[survey.train], return_counts=True)
    truth = survey.truth.astype(str)
    same = np.full((1, len(truth)), str(names[counts.argmax()]))
    macro = bootstrap_macro_f1(truth, same, resamples=1).value
    return {"macro-F1": macro, "accuracy": float((same == truth).mean())}


def _picture(survey: Survey, lines: Sequence[dict[str, Any]]) -> str:
    shown = [line for line in lines if line["score"] == "macro-F1"]
    ticks = [n or "all" for n in PER_CLASS if any(line["per_class"] == (n or "all") for line in shown)]
    series = [
        Series(
            method,
            [
                Point(ticks.index(line["per_class"]), line["ours"], line["low"], line["high"])
                for line in shown
                if line["method"] == method
            ],
            dashed="frozen" in method,
        )
        for method in METHODS
    ]
    return line_plot(
        [one for one in series if one.points],
        [str(tick) for tick in ticks],
        title=f"Macro-F1 on {survey.name} by labelled images per class",
        x_label="labelled images per class",
        y_label="macro-F1, with 95 % intervals",
        baseline=("majority", _majority(survey)["macro-F1"]),
    )
