"""Loading and exporting: row order, names and keys, gaps, clear errors."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tuningfork.embeddings import embed, export_embeddings, load_embeddings
from tuningfork.errors import EmbeddingError, UsageError

from .fakes import MemoryTable, TinyEncoder


def test_vectors_stand_in_row_order_whatever_the_order_of_writing(galaxies):
    vectors = np.arange(40, dtype=np.float32).reshape(20, 2)
    order = np.random.default_rng(0).permutation(20)[:15]
    galaxies.tables["k"] = MemoryTable()
    galaxies.tables["k"].append(galaxies.names[order[:6]], vectors[order[:6]], {"encoder": "e"})
    galaxies.tables["k"].append(
        np.append(galaxies.names[order[6:]], "vanished"), np.vstack([vectors[order[6:]], [9, 9]]), {}
    )
    loaded = load_embeddings(galaxies, "e")
    assert loaded.vectors.flags.c_contiguous
    assert loaded.vectors.dtype == np.float32
    assert sorted(np.flatnonzero(loaded.present)) == sorted(order)
    np.testing.assert_array_equal(loaded.vectors[order], vectors[order])
    assert not loaded.vectors[~loaded.present].any()


def test_a_name_means_its_newest_key(galaxies):
    for number, key in enumerate(["one-b", "one-a", "two-c"]):
        galaxies.vector_table(key).append(
            ["galaxy-000"], np.full((1, 2), number), {"encoder": key[:3], "created": f"2030-0{number + 1}"}
        )
    assert load_embeddings(galaxies, "one").key == "one-a"
    assert load_embeddings(galaxies, "one-b").key == "one-b"
    assert load_embeddings(galaxies).key == "two-c"


def test_where_nobody_says_measurements_come_last_and_ours_first(galaxies):
    def made(key, encoder, month):
        facts = {"encoder": encoder, "created": f"2030-0{month}"}
        galaxies.vector_table(key).append(["galaxy-000"], np.zeros((1, 2)), facts)
        return load_embeddings(galaxies).key

    assert made("measured-1", "measured", 1) == "measured-1"
    assert made("imagenet-2", "imagenet:efficientnet-lite0", 2) == "imagenet-2"
    assert made("measured-3", "measured", 3) == "imagenet-2"
    assert made("lvm-tiny-4", "lvm-tiny", 4) == "lvm-tiny-4"
    assert made("imagenet-5", "imagenet:efficientnet-lite0", 5) == "lvm-tiny-4"
    assert made("lvm-tiny-6", "lvm-tiny", 6) == "lvm-tiny-6"


def test_views_are_asked_for_by_name(galaxies, encoder):
    embed(galaxies, encoder)
    embed(galaxies, encoder, views=8)
    assert load_embeddings(galaxies, "tiny-test").key == encoder.spec.key
    assert load_embeddings(galaxies, "tiny-test+views8").key.endswith("+views8")


def test_missing_embeddings_name_the_command(galaxies):
    with pytest.raises(EmbeddingError, match=r"tuningfork embed .*galaxies --encoder lvm-tiny"):
        load_embeddings(galaxies)
    embed(galaxies, TinyEncoder())
    with pytest.raises(
        EmbeddingError, match=r"--encoder other --views 8 \(embedded so far: tiny-test-00000000\)"
    ):
        load_embeddings(galaxies, "other+views8")


def test_export_is_id_and_fixed_size_list(galaxies, encoder, tmp_path):
    galaxies.broken = {3}
    embed(galaxies, encoder)
    out = tmp_path / "vectors.parquet"
    assert export_embeddings(galaxies, out) == 19
    table = pq.read_table(out)
    assert table.column_names == ["id", "embedding"]
    assert table.schema.field("embedding").type == pa.list_(pa.float32(), 16)
    assert "galaxy-003" not in table["id"].to_pylist()
    np.testing.assert_array_equal(table["embedding"][0].as_py(), load_embeddings(galaxies).vectors[0])
    assert [p.name for p in tmp_path.glob(".*")] == []


def test_export_refuses_other_formats(galaxies, encoder, tmp_path):
    with pytest.raises(UsageError, match=r"vectors\.parquet"):
        export_embeddings(galaxies, tmp_path / "vectors.csv")
