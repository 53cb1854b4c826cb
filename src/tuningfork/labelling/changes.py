"""What of a running session may be changed: strategy, streams, head, vectors, how many people answer."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tuningfork.errors import UsageError
from tuningfork.heads import heads
from tuningfork.labelling.handing import Handing
from tuningfork.labelling.joined import Joined, join
from tuningfork.labelling.label_log import LabelLog
from tuningfork.labelling.people.room import TeamRoom
from tuningfork.labelling.people.team import Team
from tuningfork.labelling.pictures import OutsidePictures
from tuningfork.labelling.pools import Pool, load_pool
from tuningfork.labelling.scoring import Scoring
from tuningfork.labelling.settings import SessionSettings, build_strategy, read_settings, write_settings
from tuningfork.labelling.streams.closing import Closing
from tuningfork.labelling.streams.desk import StreamDesk
from tuningfork.labelling.streams.settings import Streams

__all__ = ["Changes"]


class Changes:
    """The changing half of a `Session`. Each change is kept in session.toml and touches no answer."""

    collection: Any
    settings: SessionSettings
    folder: Path
    log: LabelLog
    team: TeamRoom
    _scoring: Scoring
    _flagged: np.ndarray
    _desk: StreamDesk
    _handing: Handing
    _joined: Joined
    _pictures: OutsidePictures
    _changing: threading.Lock

    def set_strategy(self, name: str, **settings: Any) -> None:
        """Choose by another strategy from the next batch on."""
        build_strategy(name, settings)
        self._change(strategy=name, strategy_settings=settings)

    def set_streams(self, streams: Streams) -> None:
        """Share the next places otherwise among hunt, audit, gold and repeat."""
        self._change(streams=streams)

    def begin_closing(self, completeness: float = 0.9, *, annotator: str | None = None) -> Closing:
        """Draw random looks inside the candidate pool that decide whether so much of it is found.

        Until they are answered they come before the hunt, blind among second looks and known galaxies; then
        `estimate` says what they show. It may be called as often as one likes: each closing audit is judged
        at half the error of the one before. While one runs it is told, and nothing is drawn.

        Parameters
        ----------
        completeness : float
            From 0.5 to 0.99.
        annotator : str, optional
            Who closes, an owner; the session's own annotator when not given.

        Raises
        ------
        UsageError
            Where nothing could be shown: nothing learnt, no find, all looked at, an eye that misses too much.
        """
        self.team.members.require(annotator or self.settings.annotator, "owner")
        ranking, scoring = self._scoring.refit(), self._scoring
        if not ranking.learnt:
            raise UsageError("nothing is ranked yet", remedy="Give examples, and answer some galaxies")
        pool = scoring.askable & scoring.present
        return self._desk.begin_closing(
            scoring.ids, ranking.rank, pool, ranking.version, completeness=completeness
        )

    def call_off_closing(self, *, annotator: str | None = None) -> Closing | None:
        """Let the hunt go on as before: the running closing audit ends without having shown anything.

        What was answered stays, and trains; the next closing audit is judged at half its error all the same.
        Only an owner may. None when none runs.
        """
        self.team.members.require(annotator or self.settings.annotator, "owner")
        ranking, scoring = self._scoring.refit(), self._scoring
        return self._desk.call_off(
            scoring.ids, ranking.rank, scoring.askable & scoring.present, ranking.version
        )

    def set_team(self, team: Team) -> None:
        """Let another number of people answer each galaxy, from the next page on. ``lease_seconds`` stays as
        it was when the session was opened, until it is opened again.
        """
        self._change(team=team)

    def set_head(self, name: str) -> None:
        """Score by another head from the next fit on."""
        heads.get(name)
        self._change(head=name)

    def set_encoder(self, encoder: str | Sequence[str]) -> None:
        """Rank by other vectors from the next fit on.

        The answers are about galaxies, so they hold as they are; example pictures from outside are embedded
        anew. Takes as long as opening the session.

        Parameters
        ----------
        encoder : str or sequence of str
            Name or key of stored vectors; ``a+b``, or several, for those of two side by side.

        Raises
        ------
        EmbeddingError
            When the collection has no such vectors. Nothing is changed then, nor by the next one.
        CollectionError
            When an example picture cannot be embedded anew.
        """
        with self._changing:
            joined = join(self.collection, encoder)
            if joined.key == self.settings.encoder:
                return
            pool = load_pool(self.collection, joined.key)
            pictures = self._pictures_of(pool)
            pictures.vectors(list(self.log.current("picture")))  # what cannot be embedded is said now
            settings = replace(self._on_disk(), encoder=pool.key)
            write_settings(self.folder, settings)
            self._scoring.take_pool(pool, self._askable_of(pool), pictures.vectors)
            self._joined, self._pictures, self.settings = pool.joined, pictures, settings

    def _pictures_of(self, pool: Pool) -> OutsidePictures:
        return OutsidePictures(self.folder / "examples", self.collection, pool.joined)

    def _askable_of(self, pool: Pool) -> np.ndarray:
        """Which galaxies may be asked about: those with a vector that are not flagged; bool [n]."""
        return pool.present & ~self._flagged

    def _change(self, **what: Any) -> None:
        with self._changing:
            settings = replace(self._on_disk(), **what)
            write_settings(self.folder, settings)
            self._scoring.configure(settings)
            self.settings, self._desk.streams = settings, settings.streams
            self._handing.team = settings.team

    def _on_disk(self) -> SessionSettings:
        """The settings as they stand in the file: another process may have changed some."""
        return read_settings(self.collection, self.settings.name)
