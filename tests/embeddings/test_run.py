"""Embedding a collection: complete, resumable, one writer, faults named."""

import numpy as np
import pytest
import torch

from tuningfork.embeddings import embed, load_embeddings
from tuningfork.embeddings import writer as writer_module
from tuningfork.errors import BusyError, EmbeddingError, TuningforkError, UnknownNameError, UsageError
from tuningfork.files import only_writer

from .fakes import MemoryCollection, TinyEncoder


def _plain_vectors(collection, encoder):
    with torch.no_grad():
        return encoder.embed(encoder.preprocess(list(collection.stamps))).numpy()


def test_every_galaxy_gets_the_encoders_own_numbers(galaxies, encoder):
    report = embed(galaxies, encoder, batch_size=7, precision="fp32")
    assert (report.key, report.done, report.already, report.left_out) == (encoder.spec.key, 20, 0, ())
    loaded = load_embeddings(galaxies)
    assert loaded.present.all()
    np.testing.assert_allclose(loaded.vectors, _plain_vectors(galaxies, encoder), atol=1e-6)


def test_a_second_run_reads_no_picture(galaxies, encoder):
    embed(galaxies, encoder)
    galaxies.asked.clear()
    report = embed(galaxies, encoder)
    assert (report.done, report.already, galaxies.asked) == (0, 20, [])


def test_only_missing_rows_are_embedded(galaxies, encoder):
    first = MemoryCollection(galaxies.path, n=20)
    first.names, first.stamps = first.names[5:12], first.stamps[5:12]
    embed(first, encoder)
    galaxies.tables = first.tables
    report = embed(galaxies, encoder)
    assert (report.done, report.already) == (13, 7)
    assert sorted(galaxies.asked) == [*range(5), *range(12, 20)]
    np.testing.assert_allclose(
        load_embeddings(galaxies).vectors, _plain_vectors(galaxies, encoder), atol=1e-2
    )


def test_an_undecodable_stamp_is_left_out_and_named(tmp_path, encoder):
    galaxies = MemoryCollection(tmp_path, broken=[9])
    report = embed(galaxies, encoder, batch_size=4, precision="fp32")
    assert report.done == 19
    assert report.left_out == (("galaxy-009", "galaxy-009: the file is truncated"),)
    loaded = load_embeddings(galaxies)
    assert not loaded.present[9]
    assert loaded.present.sum() == 19
    np.testing.assert_allclose(loaded.vectors[10:], _plain_vectors(galaxies, encoder)[10:], atol=1e-6)


def test_numbers_that_are_not_finite_are_left_out(galaxies, encoder, monkeypatch):
    plain = encoder.embed
    monkeypatch.setattr(
        encoder, "embed", lambda x: torch.where(x[:, :1, 0, 0] == x[0, 0, 0, 0], torch.nan, plain(x))
    )
    report = embed(galaxies, encoder, batch_size=10, precision="fp32")
    assert [name for name, _ in report.left_out] == ["galaxy-000", "galaxy-010"]


def test_an_error_keeps_what_was_done(galaxies, encoder, monkeypatch):
    plain = encoder.preprocess

    def failing(stamps):
        if np.array_equal(stamps[0], galaxies.stamps[12]):
            raise ZeroDivisionError
        return plain(stamps)

    monkeypatch.setattr(encoder, "preprocess", failing)
    with pytest.raises(ZeroDivisionError):
        embed(galaxies, encoder, batch_size=4, precision="fp32")
    monkeypatch.undo()
    assert embed(galaxies, encoder).already == 12


def test_fragments_are_committed_as_the_job_runs(galaxies, encoder, monkeypatch):
    monkeypatch.setattr(writer_module, "FRAGMENT_ROWS", 8)
    monkeypatch.setattr(writer_module, "FRAGMENT_SECONDS", 0)
    embed(galaxies, encoder, batch_size=4)
    assert [len(ids) for ids, _ in galaxies.tables[encoder.spec.key].fragments] == [8, 8, 4]


def test_a_full_disk_is_one_clear_line(galaxies, encoder, monkeypatch):
    monkeypatch.setattr(writer_module, "FRAGMENT_ROWS", 4)
    monkeypatch.setattr(writer_module, "FRAGMENT_SECONDS", 0)
    galaxies.vector_table(encoder.spec.key).fail_at = 2
    with pytest.raises(TuningforkError, match="No space left"):
        embed(galaxies, encoder, batch_size=4)
    galaxies.vector_table(encoder.spec.key).fail_at = None
    assert embed(galaxies, encoder).already == 8
    assert load_embeddings(galaxies).present.all()


def test_two_writers_do_not_meet(galaxies, encoder):
    with (
        only_writer(galaxies.path / "embeddings", "embedding elsewhere"),
        pytest.raises(BusyError, match="embedding elsewhere"),
    ):
        embed(galaxies, encoder)


def test_eight_views_do_not_depend_on_orientation(tmp_path, encoder):
    upright, turned = MemoryCollection(tmp_path / "a"), MemoryCollection(tmp_path / "b")
    turned.stamps = np.rot90(upright.stamps, axes=(1, 2))[:, :, ::-1]
    for collection in (upright, turned):
        assert embed(collection, encoder, views=8, precision="fp32").key == f"{encoder.spec.key}+views8"
    np.testing.assert_allclose(load_embeddings(upright).vectors, load_embeddings(turned).vectors, atol=1e-5)
    assert np.abs(load_embeddings(upright).vectors - _plain_vectors(upright, encoder)).max() > 1e-3


def test_a_resumed_job_keeps_its_precision(galaxies, encoder):
    first = MemoryCollection(galaxies.path, n=20)
    first.names, first.stamps = first.names[:5], first.stamps[:5]
    embed(first, encoder, precision="bf16")
    galaxies.tables = first.tables
    assert embed(galaxies, encoder).plan.precision == "bf16"


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"views": 3}, UsageError, "views"),
        ({"batch_size": 0}, UsageError, "batch"),
        ({"workers": 0}, UsageError, "worker"),
        ({"precision": "fp33"}, UnknownNameError, "fp32"),
    ],
)
def test_impossible_settings_are_refused(galaxies, encoder, settings, error, words):
    with pytest.raises(error, match=words):
        embed(galaxies, encoder, **settings)


def test_an_empty_collection_says_what_to_do(tmp_path, encoder):
    with pytest.raises(EmbeddingError, match="collection add"):
        embed(MemoryCollection(tmp_path, n=0), encoder)


def test_wrong_dimension_is_refused(galaxies):
    encoder = TinyEncoder()
    encoder.spec.dim = 17
    with pytest.raises(EmbeddingError, match="17"):
        embed(galaxies, encoder)
