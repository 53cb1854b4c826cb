"""``tuningfork replay``: let a catalogue's labels answer, and see how fast each strategy finds."""

from typing import Annotated

import typer

from tuningfork.cli._console import emit, keeps, table
from tuningfork.cli._options import CollectionPath, Debug, Json, Quiet, StoredName, new_app

__all__ = ["app"]

app = new_app()


@app.command(no_args_is_help=True)
def replay(
    path: CollectionPath,
    label_column: Annotated[
        str, typer.Option("--label-column", metavar="NAME", help="The catalogue's column of true classes.")
    ],
    positive: Annotated[str, typer.Option("--positive", metavar="VALUE", help="Which class is looked for.")],
    strategy: Annotated[
        list[str] | None,
        typer.Option("--strategy", metavar="NAME,...", help="Selection strategies; may be given again."),
    ] = None,
    budget: Annotated[int, typer.Option(min=1, help="How many answers each replay gives.")] = 400,
    seeds: Annotated[int, typer.Option(min=1, help="How many replays per strategy.")] = 5,
    per_round: Annotated[int, typer.Option("--per-round", min=1, help="Answers between two fits.")] = 20,
    prompts: Annotated[int, typer.Option(min=1, help="Examples of the class at the start.")] = 3,
    encoder: StoredName = None,
    head: Annotated[
        str, typer.Option(metavar="NAME", help="The small model on the embeddings: logistic or mlp.")
    ] = "logistic",
    quiet: Quiet = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Replay labelling with known labels.

    Tells how many of the class are found after so many answers, per strategy and seed.

    Example: tuningfork replay galaxies --label-column label --positive merger --strategy greedy,alpha
    """
    from tuningfork.collection import Collection
    from tuningfork.labelling.replay import replay as run_replay

    with keeps("A replay keeps nothing; run it again"):
        rows = run_replay(
            Collection.open(path),
            label_column=label_column,
            positive=positive,
            strategies=_names(strategy) or ["greedy", "alpha", "random"],
            budget=budget,
            seeds=seeds,
            per_round=per_round,
            prompts=prompts,
            encoder=encoder,
            head=head,
            quiet=quiet,
        )
    if as_json:
        emit({"rows": rows})
    else:
        table(("strategy", "answers", "found", "lowest", "highest", "average precision"), _by_strategy(rows))


def _names(given: list[str] | None) -> list[str]:
    """Every name of options that may each hold several, separated by commas; once each."""
    parts = [name.strip() for option in given or () for name in option.split(",")]
    return list(dict.fromkeys(name for name in parts if name))


def _by_strategy(rows: list[dict]) -> list[tuple]:
    """Mean, lowest and highest finds over the seeds, for each strategy and number of answers."""
    groups: dict[tuple[str, int], list[dict]] = {}
    for row in rows:
        groups.setdefault((row["strategy"], row["answers"]), []).append(row)
    lines = []
    for (strategy, answers), group in groups.items():
        found = [row["found"] for row in group]
        precisions = [row["average_precision"] for row in group if row["average_precision"] is not None]
        mean = sum(precisions) / len(precisions) if precisions else None
        lines.append((strategy, answers, sum(found) / len(found), min(found), max(found), mean))
    return lines
