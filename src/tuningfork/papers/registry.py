"""The tables that can be made again; a table's module is imported when it is asked for."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuningfork.errors import UnknownNameError, UsageError

if TYPE_CHECKING:
    from tuningfork.papers.report import Report

__all__ = ["TABLES", "Table", "find_table"]


@dataclass(frozen=True)
class Table:
    """One table or figure of a paper.

    Its module has ``run(sources, out, **options) -> Report``, or a function of the name that follows a colon.
    The keywords of that function are the options that the table knows; those without a default must be given.
    """

    paper: str
    name: str
    module: str
    summary: str
    hours: str  # of two processor cores, on the sets that the manual names
    folder: str = ""  # of the run, for tables that share one; PAPER-TABLE when empty

    @property
    def run(self) -> Callable[..., "Report"]:
        """The function that makes the table."""
        module, _, function = self.module.partition(":")
        return getattr(import_module(module), function or "run")

    def make(
        self, sources: Sequence[str], out: str | Path, *, quiet: bool = False, **options: Any
    ) -> "Report":
        """Make the table, write its files into ``out`` and return it.

        Parameters
        ----------
        sources : sequence of str
            Collections, as this table wants them.
        out : path
            The run's folder. The same call goes on from there.
        **options
            What the table is to be made with; None leaves the table's own choice.

        Raises
        ------
        UsageError
            An option that this table does not know, or one that it needs and was not given.
        """
        given = {name: value for name, value in options.items() if value is not None}
        parameters = inspect.signature(self.run).parameters.values()
        known = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY and p.name != "quiet"}
        for name in given:
            if name not in known:
                raise UsageError(f"{self} knows no {_option(name)}", remedy=f"It knows {_options(known)}")
        missing = [name for name, default in known.items() if default is inspect.Parameter.empty]
        if absent := [name for name in missing if name not in given]:
            raise UsageError(f"{self} needs {_options(absent)}")
        report = self.run(tuple(sources), Path(out), quiet=quiet, **given)
        report.save(Path(out))
        return report

    def __str__(self) -> str:
        return f"{self.paper} {self.name}"


TABLES: tuple[Table, ...] = (
    Table(
        "lvm",
        "transfer",
        "tuningfork.papers.lvm.transfer",
        "Frozen features carried to other surveys and questions",
        "0.2",
    ),
    Table(
        "fu2024",
        "few-shot",
        "tuningfork.papers.fu2024.few_shot",
        "Figure 5: accuracy against images per class, frozen encoder against networks from scratch",
        "3 to 6",
    ),
    Table(
        "fu2024",
        "human-loop",
        "tuningfork.papers.fu2024.human_loop",
        "Figure 10: a person in the loop and without, against ResNet18 from scratch",
        "0.5 to 1",
    ),
    Table(
        "lvm",
        "ablation",
        "tuningfork.papers.lvm.ablation",
        "Frozen features by objective and skip connections, beside baselines",
        "3 to 5",
    ),
    Table(
        "g036",
        "few-labels",
        "tuningfork.papers.g036.few_labels",
        "Tables 7 and 8: SimCLR, autoencoder and from scratch with 3, 30, 300 labels a class and all",
        "3 to 5",
    ),
    *(
        Table("ma2023", name, f"tuningfork.papers.ma2023.tables:{name}", summary, hours, "ma2023")
        for name, summary, hours in (
            ("table3", "Table 3: what HIWL calls the galaxies of each class", "0.4"),
            ("table4", "Table 4: recall, precision and F1 of HIWL (trainings of table3)", "0.4"),
            ("table5", "Table 5: HIWL against one stage, weighted and smoothed", "0.6"),
            ("table6", "Table 6: HIWL with and without smoothed labels", "0.6"),
            ("table7", "Table 7: ten networks with and without HIWL", "3 to 5"),
            ("table8", "Table 8: HIWL beside the accuracies of other works", "0.5"),
            ("table9", "Table 9: recall beside other works", "0.5"),
            ("table10", "Table 10: precision beside other works", "0.5"),
            ("table11", "Table 11: F1 beside other works", "0.5"),
        )
    ),
)


def find_table(paper: str, name: str) -> Table:
    """The table of that name; raises `UnknownNameError` with the nearest names."""
    of_paper = {table.name: table for table in TABLES if table.paper == paper}
    if not of_paper:
        raise UnknownNameError("paper", paper, {table.paper for table in TABLES})
    if name not in of_paper:
        raise UnknownNameError(f"table of {paper}", name, of_paper)
    return of_paper[name]


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _options(names: Any) -> str:
    return ", ".join(map(_option, names))
