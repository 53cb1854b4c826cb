"""Rows of the tables: the paper's number, ours over all galaxies, the majority and two cheap baselines."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tuningfork.papers.answers import unpack_shares
from tuningfork.papers.doherty2024.asked import Asked
from tuningfork.papers.doherty2024.printed import GENERAL, SCORES, is_constant, majority_of, printed
from tuningfork.papers.doherty2024.settings import BASELINES, Way
from tuningfork.papers.report import Report, row
from tuningfork.papers.sweep import Swept

__all__ = ["rows_of", "table_report"]

Plan = Sequence[tuple[str, str, tuple[str, ...]]]
_OVERVIEW = ("Accuracy", "Binary accuracy", "Balanced accuracy", "F1", "AUC")
_SHOWN = {BASELINES[0]: "lvm_tiny", BASELINES[1]: "measured"}
_TITLES = {
    "schemes": "Schemes of labels, one network (Doherty 2024, table 2)",
    "networks": "Networks on Q0, smooth or featured (Doherty 2024, tables 3 and 4)",
}
_CALLED = {"hubble": "Hubble", "reduced": "Reduced set", "all": "All features"}


def table_report(
    table: str, plan: Plan, swept: Swept, asked: Asked, way: Way, notes: Sequence[str]
) -> Report:
    """The table of the cells that are finished."""
    title = _TITLES.get(table, f"Doherty 2024, table {table.removeprefix('table')}: {way.told(plan[0][1])}")
    return Report(title, rows_of(table, plan, swept, asked), tuple(notes))


def rows_of(table: str, plan: Plan, swept: Swept, asked: Asked) -> list[dict[str, Any]]:
    """One row for every network, scheme and number."""
    said = _Said(swept, asked)
    rows = []
    for of_paper, network, schemes in plan:
        for scheme in schemes:
            name = network if table == "networks" else _CALLED.get(scheme, scheme.upper())
            told = {"scheme": scheme, "network": network}
            if scheme in asked.missing:
                remark = f"missing: {asked.missing[scheme]}"
                rows += [_empty(name, s, of_paper, scheme, told, remark) for s in _scores(table)]
                continue
            rows += _rows(name, table, of_paper, scheme, told, said)
    return rows


def _scores(table: str) -> tuple[str, ...]:
    if table in _TITLES:
        return _OVERVIEW
    return GENERAL if int(table.removeprefix("table")) % 2 else (*SCORES, "Balanced accuracy")


def _quoted(of_paper: str, network: str, scheme: str, score: str) -> tuple[float | None, str]:
    """The paper's number, and whether a constant answer has it; of a network that it has not, none."""
    number = printed(of_paper, scheme, score)
    if number is None:
        return None, ""
    remarks = ["the paper's number is that of a constant answer"] if is_constant(of_paper, scheme) else []
    if network != of_paper:
        remarks.append(f"the paper's network is {of_paper}")
    return number, "; ".join(remarks)


def _empty(
    name: str, score: str, of_paper: str, scheme: str, told: dict[str, Any], remark: str
) -> dict[str, Any]:
    from tuningfork.evaluation import Interval

    nothing = Interval(float("nan"), float("nan"), float("nan"))
    number, _ = _quoted(of_paper, told["network"], scheme, score)
    return row(f"{name}: {score}", nothing, paper=number, **told, remark=remark)


def _rows(
    name: str, table: str, of_paper: str, scheme: str, told: dict[str, Any], said: "_Said"
) -> list[dict[str, Any]]:
    from tuningfork.evaluation import Interval

    ours = said.numbers(told["network"], scheme)
    if not ours:
        return []
    beside = {shown: said.numbers(baseline, scheme) for baseline, shown in _SHOWN.items()}
    lines = []
    for score in _scores(table):
        number = ours[score]
        paper, remark = _quoted(of_paper, told["network"], scheme, score)
        further: dict[str, Any] = {"paper_majority": majority_of(scheme, score)}
        for shown, numbers in beside.items():
            own = numbers.get(score)
            further |= {
                shown: own and own.value,
                f"{shown}_low": own and own.low,
                f"{shown}_high": own and own.high,
            }
        lines.append(
            row(
                f"{name}: {score}",
                Interval(number.value, number.low, number.high),
                paper=paper,
                majority=number.majority,
                **further,
                **told,
                score=score,
                galaxies=said.galaxies(told["network"], scheme),
                seeds=said.seeds(told["network"], scheme),
                remark=remark,
            )
        )
    return lines


class _Said:
    """What was said of the galaxies, put together from the folds."""

    def __init__(self, swept: Swept, asked: Asked):
        self.asked = asked
        self.found: dict[tuple[str, str], dict[int, dict[int, dict[str, Any]]]] = {}
        for cell, result in swept.done:
            of = self.found.setdefault((cell["network"], cell["scheme"]), {})
            of.setdefault(cell["seed"], {})[cell["fold"]] = result
        self._numbers: dict[tuple[str, str], dict[str, Any]] = {}

    def numbers(self, network: str, scheme: str) -> dict[str, Any]:
        """Score -> number, over the galaxies of all folds that every finished seed has."""
        key = (network, scheme)
        if key not in self._numbers:
            self._numbers[key] = self._made(network, scheme)
        return self._numbers[key]

    def galaxies(self, network: str, scheme: str) -> int:
        """How many are judged."""
        return int(self._shares(network, scheme)[1].sum())

    def seeds(self, network: str, scheme: str) -> int:
        """How many runs are judged."""
        return len(self._shares(network, scheme)[0])

    def _made(self, network: str, scheme: str) -> dict[str, Any]:
        from tuningfork.evaluation import label_numbers

        said, judged = self._shares(network, scheme)
        if not judged.any():
            return {}
        wanted = self.asked.labels[scheme].wanted
        one = len(self.asked.questions()[scheme]) == 1
        shares = np.nanmean(wanted[self.asked.known(scheme)], axis=0)
        lines = label_numbers(said[:, judged], wanted[judged], one=one, shares=shares)
        return {line.name: line for line in lines}

    def _shares(self, network: str, scheme: str) -> tuple[np.ndarray, np.ndarray]:
        """(seeds, N, labels) shares, and (N,) which galaxies every seed has judged."""
        if network not in BASELINES:
            return self._of_cells(network, scheme)
        names, columns, judged = self.asked.labels[scheme].names, [], None
        for question in self.asked.questions()[scheme]:
            said, own = self._of_cells(network, question)
            if not len(said):
                return said, own
            answers = self.asked.labels[question].names
            used = [answers.index(name) for name in names if name in answers]
            columns.append(said[..., used])
            # a galaxy that was not asked this question is no gap
            done = own | ~self.asked.known(question)
            judged = done if judged is None else judged & done
        assert judged is not None
        fewest = min(map(len, columns))
        shares = np.concatenate([column[:fewest] for column in columns], axis=2)
        return shares, judged & self.asked.known(scheme)

    def _of_cells(self, network: str, scheme: str) -> tuple[np.ndarray, np.ndarray]:
        """Seeds that lack a fold which another has are left out; all galaxies of the rest are judged."""
        labels = self.asked.labels[scheme]
        by_seed = self.found.get((network, scheme), {})
        most = max(map(len, by_seed.values()), default=0)
        whole = {seed: folds for seed, folds in by_seed.items() if len(folds) == most}
        if most < self.asked.folds.count:  # folds of two seeds are not of the same galaxies
            whole = dict(list(whole.items())[:1])
        said = np.full((len(whole), *labels.wanted.shape), np.nan, np.float32)
        judged = np.zeros(len(labels.wanted), bool)
        for place, (seed, folds) in enumerate(sorted(whole.items())):
            for fold, result in folds.items():
                _, rows = self.asked.parts(scheme, seed, fold)
                said[place, rows] = unpack_shares(result["said"], len(rows), len(labels.names))
                judged[rows] = True
        return said, judged
