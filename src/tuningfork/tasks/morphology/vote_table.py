"""From what a network of votes gives to the rows of the table that `predict` writes."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from tuningfork.errors import UsageError
from tuningfork.tasks.morphology.deciding import WATCHED, least_familiar, of_familiarity
from tuningfork.tasks.morphology.vote_model import VoteModel

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["VoteRows"]


class VoteRows:
    """``id``, ``f_QUESTION.ANSWER`` (expected share of those who are asked) for each answer, and where counts
    were learnt ``a_QUESTION``, the sum of the Dirichlet's parameters: how many votes the shares are worth.
    Of yes-or-no labels ``p_QUESTION.ANSWER``, the chance of a yes. Where the model has a measure of it
    ``unfamiliar`` (bool), ``familiarity`` and ``unlikeness``. Null where a stamp cannot be read, which is
    unfamiliar too.

    Parameters
    ----------
    model : VoteModel
    coverage, purity : None
        A network of votes was not calibrated for either.
    familiar : float, optional
        Below this familiarity, 0..1, a picture is unfamiliar; as of `Rule`.

    Attributes
    ----------
    unfamiliar : int
        Galaxies so far that can be read and are not familiar enough.

    Raises
    ------
    UsageError
        A coverage or purity is given, or a familiarity that cannot be, or of a model without a measure of it.
    """

    abstained = 0  # there is no answer to withhold

    def __init__(
        self,
        model: VoteModel,
        coverage: float | None,
        purity: float | None,
        familiar: float | None = None,
    ):
        for name, given in (("coverage", coverage), ("purity", purity)):
            if given is not None:
                raise UsageError(
                    f"'{model.name}' foretells votes, of which there is no {name}",
                    remedy=f"Leave --{name} out",
                )
        self.model = model
        self.labels: dict[str, int] = {}
        self._familiar, self.unfamiliar = least_familiar(model, familiar), 0

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader should know of the measure of familiarity."""
        return of_familiarity(self.model, self._familiar, "shares")

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
        if model.familiarity is not None:
            told["least_familiarity"] = str(self._familiar)
            fields += [("unfamiliar", pa.bool_()), *((name, pa.float32()) for name in WATCHED)]
        return pa.schema(fields, told)

    def tables(self, blocks: Iterator[tuple[Any, np.ndarray]]) -> Iterator["pa.Table"]:
        """One table for each block of ids and what the encoder gave."""
        import pyarrow as pa

        schema, measure = self.schema(), self.model.familiarity
        for ids, stored in blocks:
            told, unlike = self.model.parted(stored)
            unknown = ~np.isfinite(told).all(axis=1)
            columns = [*self.model.shares(told).T, *self.model.concentrations(told).values()]
            arrays = [pa.array(column.astype(np.float32), mask=unknown) for column in columns]
            if measure is not None and unlike is not None:
                known = measure.p_values(unlike)
                strange = ~unknown & (known < self._familiar)
                self.unfamiliar += int(strange.sum())
                arrays += [pa.array(strange | unknown)]
                arrays += [pa.array(column, pa.float32(), mask=unknown) for column in (known, unlike)]
            yield pa.Table.from_arrays([ids, *arrays], schema=schema)
