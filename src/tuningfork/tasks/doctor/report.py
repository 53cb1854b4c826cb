"""The data doctor's page: one file with pictures that opens anywhere, prints, and needs no script."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tuningfork.collection import Collection
from tuningfork.files import html_file, write_atomically
from tuningfork.tasks.doctor.findings import CheckReport, Finding
from tuningfork.tasks.doctor.kinds import KINDS, Kind
from tuningfork.tasks.thumbnails import Thumbnails

__all__ = ["write_report"]

_SHOWN = 24  # of each kind, the worst first
_SIDE = 168  # pixels of a thumbnail
_MOST_BYTES = 12_000_000  # of all pictures together; what comes after is shown without


@dataclass
class _Section:
    name: str
    kind: Kind
    count: int
    cards: list["_Card"] = field(default_factory=list)


@dataclass(frozen=True)
class _Card:
    """A finding with its picture and, of a pair, the other's; a picture is a data URI or ""."""

    finding: Finding
    picture: str
    other: str = ""


def write_report(
    report: CheckReport, collection: Collection, out: Path | str, *, against: Sequence[Collection] = ()
) -> None:
    """Write what was found as one HTML file with the worst examples of each kind.

    Parameters
    ----------
    report : CheckReport
    collection : Collection
        The one that was checked.
    out : path
        Ends with .html; replaced if it is there.
    against : sequence of Collection
        As given to `check_collection`, for the pictures of pairs.

    Raises
    ------
    UsageError
        For another ending than .html.
    """
    out = html_file(out)
    from jinja2 import Environment, PackageLoader

    pages = Environment(
        loader=PackageLoader("tuningfork.tasks.doctor", "templates"), autoescape=True, trim_blocks=True
    )
    page = pages.get_template("report.html").render(
        name=collection.name,
        report=report,
        against=[other.name for other in against],
        galaxies_hit=len({finding.row for finding in report.findings}),
        sections=list(_sections(report, [collection, *against])),
        shown=_SHOWN,
        sound=[
            kind for name, kind in KINDS.items() if name not in report.flags and name not in ("leak", "label")
        ],
    )
    write_atomically(out, page)


def _sections(report: CheckReport, collections: Sequence[Collection]) -> Iterator[_Section]:
    pictures = Thumbnails(collections, side=_SIDE, most_bytes=_MOST_BYTES)
    for name, count in sorted(report.flags.items(), key=lambda item: list(KINDS).index(item[0])):
        worst = sorted((f for f in report.findings if f.kind == name), key=lambda f: (-f.strength, f.row))
        section = _Section(name, KINDS[name], count)
        for finding in worst[:_SHOWN]:
            other = pictures.of(*finding.other) if finding.other else ""
            section.cards.append(_Card(finding, pictures.of(0, finding.row), other))
        yield section
