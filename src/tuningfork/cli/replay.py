"""``tuningfork replay``: let a catalogue's labels answer, and see how fast each strategy finds."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tuningfork.cli._console import emit, keeps, note, table
from tuningfork.cli._options import CollectionPath, Debug, Json, Quiet, new_app
from tuningfork.errors import UsageError

__all__ = ["app"]

app = new_app()


@app.command(no_args_is_help=True)
def replay(
    path: CollectionPath,
    label_column: Annotated[
        str, typer.Option("--label-column", metavar="NAME", help="The catalogue's column of true classes.")
    ],
    positive: Annotated[
        list[str],
        typer.Option(
            "--positive",
            metavar="VALUE",
            help="Which class is looked for; several are taken as one. '>= 2' compares numbers.",
        ),
    ],
    strategy: Annotated[
        list[str] | None,
        typer.Option(
            "--strategy",
            metavar="NAME,...",
            help="Selection strategies, with settings as alpha:alpha=0.1; may be given again.",
        ),
    ] = None,
    question: Annotated[
        str,
        typer.Option(
            metavar="KIND",
            help="yes-no; multi-class or multi-label with a --positive for each class or label.",
        ),
    ] = "yes-no",
    budget: Annotated[int, typer.Option(min=1, help="How many answers each replay gives.")] = 400,
    seeds: Annotated[int, typer.Option(min=1, help="How many replays per strategy.")] = 5,
    first_seed: Annotated[int, typer.Option("--first-seed", min=0, help="Seed of the first replay.")] = 0,
    per_round: Annotated[int, typer.Option("--per-round", min=1, help="Answers between two fits.")] = 20,
    prompts: Annotated[int, typer.Option(min=0, help="Examples of the class at the start.")] = 3,
    held_out: Annotated[
        float, typer.Option("--held-out", metavar="SHARE", help="Share of galaxies to be judged on.")
    ] = 0.3,
    thin: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="Make the class rare: leave this share of it in the pool."),
    ] = None,
    error_rate: Annotated[
        str | None,
        typer.Option(
            "--error-rate",
            metavar="MISSED[,FALSE]",
            help="How often the simulated person is wrong: share of positives called negative, and of "
            "negatives called positive (none when not given).",
        ),
    ] = None,
    subtype_column: Annotated[
        str | None,
        typer.Option(
            "--subtype-column", metavar="NAME", help="Sub-types of the class; clusters when not given."
        ),
    ] = None,
    group_column: Annotated[
        str | None,
        typer.Option("--group-column", metavar="NAME", help="Hold galaxies of one group out together."),
    ] = None,
    encoder: Annotated[
        list[str] | None,
        typer.Option(
            "--encoder",
            metavar="NAME",
            help="Whose vectors; a+b puts two side by side; given again, each is replayed.",
        ),
    ] = None,
    head: Annotated[
        str,
        typer.Option(metavar="NAME", help="The small model on the embeddings: logistic, calibrated or mlp."),
    ] = "logistic",
    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Compare the others with this one, seed by seed; the first when not given."
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes; each takes whole seeds.")] = 1,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write the rows there as well.")
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE", help="Draw finds and precision against answers (SVG)."),
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Replay labelling with known labels.

    Tells how many of the class are found after so many answers, per strategy and seed, and how many answers
    brought 80 % of it.

    Example: tuningfork replay galaxies --label-column label --positive merger --strategy greedy,alpha
    """
    from tuningfork.cli._files import check_drawing, check_table
    from tuningfork.collection import Collection
    from tuningfork.labelling.replay import run_replay
    from tuningfork.labelling.replay_compare import across, summary
    from tuningfork.labelling.settings import named_strategy

    check_table(csv)
    check_drawing(plot)
    names = _names(strategy) or ["greedy", "alpha", "random"]
    if baseline is not None and baseline not in names:
        names.append(baseline)
    with keeps("A replay keeps nothing; run it again"):
        told = run_replay(
            Collection.open(path),
            label_column,
            positive,
            strategies={name: named_strategy(name) for name in names},
            budget=budget,
            seeds=range(first_seed, first_seed + seeds),
            per_round=per_round,
            prompts=prompts,
            held_out=held_out,
            encoder=encoder or None,
            head=head,
            question=question,
            subtype_column=subtype_column,
            group_column=group_column,
            thin=thin,
            errors=_errors(error_rate),
            workers=workers,
            quiet=quiet,
        )
    means = summary(told)
    against = across(told, baseline or names[0])
    if csv is not None:
        from tuningfork.collection.tables import write_table

        write_table(_columns(told.rows), csv)
    if plot is not None:
        _draw(told, plot, title=f"{path.name}: {label_column} = {', '.join(positive)}")
    if as_json:
        told_all = {"rows": told.rows, "searches": told.searches, "summary": means, "compared": against}
        emit(told_all | {"left_out": told.left_out})
        return
    if told.left_out:
        left = f"{told.left_out:,} {'galaxy is' if told.left_out == 1 else 'galaxies are'} left out"
        note(f"{left}: without a vector, or '{label_column}' says nothing that counts", quiet=quiet)
    several = len({row["encoder"] for row in told.rows}) > 1
    if question == "multi-class":  # every answer is of some class: there are no finds to count
        quality = ("subtypes", "balanced_accuracy")
        lines = [(*line[:2], *line[6:]) for line in _by_strategy(told.rows, several=several)]
        table(("strategy", "answers", "classes seen", "balanced accuracy"), lines)
        against = [row for row in against if row["quantity"] in quality]
    else:
        columns = (
            "strategy",
            "answers",
            "found",
            "of",
            "lowest",
            "highest",
            "sub-types",
            "average precision",
        )
        table(columns, _by_strategy(told.rows, several=several))
        table(("strategy", "answers to 80 %", "low", "high", "got there"), _needed(means, several=several))
    if error_rate is not None:
        table(("strategy", "gives up at answer", "share found by then"), _given_up(means, several=several))
    if against:
        quantities, lines = _against(against, several=several)
        table(("difference, paired by seed", *quantities), lines)


def _draw(told: Any, file: Path, *, title: str) -> None:
    from tuningfork.files import write_atomically
    from tuningfork.papers.replay_plot import replay_plot

    write_atomically(file, replay_plot(told, title=title))


def _names(given: list[str] | None) -> list[str]:
    """Every name of options that may each hold several, separated by commas; once each."""
    parts = [name.strip() for option in given or () for name in option.split(",")]
    return list(dict.fromkeys(name for name in parts if name))


def _errors(given: str | None) -> Any:
    """Rates of misses and false alarms."""
    from tuningfork.labelling.replay_task import Errors

    if given is None:
        return None
    try:
        rates = [float(part) for part in given.split(",")]
        return Errors(*rates)
    except (ValueError, TypeError):
        raise UsageError(
            f"'{given}' is no rate of errors", where="--error-rate", remedy="Write 0.1, or 0.1,0.02"
        ) from None


def _by_strategy(rows: list[dict], *, several: bool) -> list[tuple]:
    """Mean, lowest and highest finds over the seeds, for each strategy and number of answers."""
    quality = "balanced_accuracy" if any("balanced_accuracy" in row for row in rows) else "average_precision"
    groups: dict[tuple[str, int], list[dict]] = {}
    for row in rows:
        groups.setdefault((_called(row, several), row["answers"]), []).append(row)
    lines = []
    for (name, answers), group in groups.items():
        found = [row["found"] for row in group]
        means = [_mean([row.get(key) for row in group]) for key in ("subtypes", quality)]
        there = sum(row["findable"] for row in group) / len(group)
        lines.append((name, answers, sum(found) / len(found), there, min(found), max(found), *means))
    return lines


def _needed(means: list[dict], *, several: bool) -> list[tuple]:
    return [
        (
            _called(row, several),
            *(row[key] if row[key] is not None else "more" for key in ("answers_to_80", "low", "high")),
            f"{row['reached']} of {row['searches']}",
        )
        for row in means
    ]


def _given_up(means: list[dict], *, several: bool) -> list[tuple]:
    """Where somebody stops who gives up after a run of negative answers."""
    return [
        (
            _called(row, several),
            row["stopped"] if row["stopped"] is not None else "later",
            row["stopped_share"] if row["stopped_share"] is not None else "",
        )
        for row in means
    ]


def _against(rows: list[dict], *, several: bool) -> tuple[list[str], list[tuple]]:
    """Columns and lines: who against whom, and each quantity's paired difference with its interval."""
    quantities = list(dict.fromkeys(_quantity(row) for row in rows))
    pairs: dict[str, dict[str, str]] = {}
    for row in rows:
        against = row["against"] if several else row["against"].partition(" (")[0]
        pairs.setdefault(f"{_called(row, several)} against {against}", {})[_quantity(row)] = _interval(row)
    return quantities, [(who, *(told.get(name, "") for name in quantities)) for who, told in pairs.items()]


def _quantity(row: dict) -> str:
    if row["quantity"] != "answers_to_80":
        return f"{row['quantity'].replace('_', ' ')} after {row['answers']}"
    return "answers to 80 %, ratio"


def _interval(row: dict) -> str:
    if row["value"] is None:
        return "neither got there"
    form = ".3g" if row["quantity"] == "answers_to_80" else "+.3g"
    told = format(row["value"], form)
    if row["low"] is not None:
        told += f" [{row['low']:{form}}, {row['high']:{form}}]"
    own, base = (short - row.get("neither", 0) for short in row.get("censored", (0, 0)))
    bound = " or more" if own and not base else " or less" if base and not own else " or so" if own else ""
    return told + bound


def _called(row: dict, several: bool) -> str:
    return f"{row['strategy']} ({row['encoder']})" if several else row["strategy"]


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _columns(rows: list[dict]) -> Any:
    import pyarrow as pa

    names = list(dict.fromkeys(name for row in rows for name in row))
    return pa.table({name: [row.get(name) for row in rows] for name in names})
