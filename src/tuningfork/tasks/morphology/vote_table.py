"""From what a network of votes gives to the rows of the table that `predict` writes."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.errors import UsageError
from tuningfork.tasks.morphology.vote_model import VoteModel

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["VoteRows"]

_CALLED = {"familiar": "measure of familiarity"}


class VoteRows:
    """``id``, ``f_QUESTION.ANSWER`` (expected share of those who are asked) for each answer, and where counts
    were learnt ``a_QUESTION``, the sum of the Dirichlet's parameters: how many votes the shares are worth.
    Of yes-or-no labels ``p_QUESTION.ANSWER``, the chance of a yes. Null where a stamp cannot be read.

    Parameters
    ----------
    model : VoteModel
    coverage, purity, familiar : None
        A network of votes was not calibrated for any of them.

    Raises
    ------
    UsageError
        One of them is given.
    """

    abstained = unfamiliar = 0
    remarks: tuple[str, ...] = ()

    def __init__(
        self,
        model: VoteModel,
        coverage: float | None,
        purity: float | None,
        familiar: float | None = None,
    ):
        for name, given in (("coverage", coverage), ("purity", purity), ("familiar", familiar or None)):
            if given is not None:
                raise UsageError(
                    f"'{model.name}' foretells votes, of which there is no {_CALLED.get(name, name)}",
                    remedy=f"Leave --{name} out",
                )
        self.model = model
        self.labels: dict[str, int] = {}

    def schema(self) -> "pa.Schema":
        """The columns, with what they are of as metadata."""
        import pyarrow as pa

        from tuningfork import __version__

        model = self.model
        letter = "p" if model.target == "labels" else "f"
        names = [f"{letter}_{output}" for output in model.outputs]
        if model.target == "counts":
            names += [f"a_{question}" for question in model.questions]
        told = {"model": model.name, "key": model.encoder.spec.key, "tuningfork": __version__}
        fields = [("id", pa.large_string()), *((name, pa.float32()) for name in names)]
        return pa.schema(fields, told)

    def tables(self, blocks: Iterator[tuple[Any, np.ndarray]]) -> Iterator["pa.Table"]:
        """One table for each block of ids and what the encoder gave."""
        import pyarrow as pa

        schema, outputs = self.schema(), len(self.model.outputs)
        for ids, stored in blocks:
            told = stored if stored.shape[1] else np.full((len(stored), outputs), np.nan, np.float32)
            unknown = ~np.isfinite(told).all(axis=1)
            columns = [*self.model.shares(told).T, *self.model.concentrations(told).values()]
            arrays = [pa.array(column.astype(np.float32), mask=unknown) for column in columns]
            yield pa.Table.from_arrays([ids, *arrays], schema=schema)
