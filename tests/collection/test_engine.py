"""The engine's own failures come out as one clear line, and what was committed stays."""

import lance
import pyarrow as pa
import pytest

from tuningfork.collection import engine
from tuningfork.collection.engine import append_rows, compact, open_dataset, replace_column
from tuningfork.errors import CollectionError, TuningforkError


def test_a_full_disk_is_one_clear_line_and_loses_nothing(tmp_path, monkeypatch):
    append_rows(tmp_path / "t.lance", pa.table({"id": ["a"]}))
    text = "LanceError(IO): No space left on device (os error 28), /build/rust/lance-file/writer.rs:190:9"

    def full(*_, **__):
        raise OSError(text)

    monkeypatch.setattr(lance, "write_dataset", full)
    with pytest.raises(TuningforkError) as caught:
        append_rows(tmp_path / "t.lance", pa.table({"id": ["b"]}))
    assert "No space left on device" in str(caught.value)
    assert ".rs" not in str(caught.value)
    assert open_dataset(tmp_path / "t.lance").count_rows() == 1


def test_nothing_there(tmp_path):
    assert open_dataset(tmp_path / "t.lance") is None
    with pytest.raises(CollectionError, match="no table"):
        replace_column(tmp_path / "t.lance", pa.field("x", pa.int32()), pa.array([1], pa.int32()))


def test_a_column_is_replaced_in_place(tmp_path):
    for start in (0, 3):
        append_rows(tmp_path / "t.lance", pa.table({"id": [str(k) for k in range(start, start + 3)]}))
    for values in ([5, 4, 3, 2, 1, 0], [0, 1, 2, 3, 4, 5]):
        replace_column(tmp_path / "t.lance", pa.field("x", pa.int64()), pa.array(values))
        table = open_dataset(tmp_path / "t.lance").to_table()
        assert table["id"].to_pylist() == list("012345")
        assert table["x"].to_pylist() == values


def test_many_small_fragments_are_joined_and_rows_stay_where_they_are(tmp_path, monkeypatch):
    path = tmp_path / "t.lance"
    for start in range(0, 80, 2):
        append_rows(path, pa.table({"id": [f"g{start}", f"g{start + 1}"], "blob": [b"x" * 50, b"y" * 50]}))
    reader = open_dataset(path)
    assert not compact(path)
    monkeypatch.setattr(engine, "_MANY", 20)
    assert compact(path)
    after = open_dataset(path)
    assert len(after.get_fragments()) < 5
    assert after.to_table(columns=["id"])["id"].to_pylist() == [f"g{k}" for k in range(80)]
    assert after.take([79, 3], columns=["id"])["id"].to_pylist() == ["g79", "g3"]
    assert reader.take([5, 70], columns=["id", "blob"])["id"].to_pylist() == ["g5", "g70"]  # as it was opened


def test_joining_that_fails_leaves_the_table(tmp_path, monkeypatch):
    append_rows(tmp_path / "t.lance", pa.table({"id": ["a"]}))
    monkeypatch.setattr(engine, "_MANY", 0)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(open_dataset(tmp_path / "t.lance").optimize), "compact_files", full)
    assert not compact(tmp_path / "t.lance")
    assert open_dataset(tmp_path / "t.lance").count_rows() == 1
