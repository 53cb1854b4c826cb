"""Tables of images: Parquet and Arrow, encoded or arrays, with columns, splits and class names kept."""

import contextlib
import json
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.collection.made import galaxy, write_jpegs
from tuningfork.collection import create_collection, export_catalogue, join_catalogue, read_table
from tuningfork.collection.readers.image_tables import row_files
from tuningfork.collection.readers.image_tables.image_table import open_source
from tuningfork.collection.wishes import Wishes
from tuningfork.errors import CatalogueError, ImageError, TuningforkError, UnknownNameError
from tuningfork.images import decode

LABELS = {"image": {"_type": "Image"}, "label": {"names": ["spiral", "ring"], "_type": "ClassLabel"}}


def create(source, out, **wishes):
    return create_collection(source, out, quiet=True, workers=2, **wishes)


@pytest.fixture(scope="module")
def jpegs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    return [(folder / name).read_bytes() for name in write_jpegs(folder, 8)]


def hugging(jpegs, first, last, *, paths=False):
    """Rows as the Hugging Face library writes them."""
    images = [{"bytes": jpegs[k], "path": f"pic{k}.jpg" if paths else None} for k in range(first, last)]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    table = pa.table(
        {
            "image": pa.array(images, kind),
            "label": pa.array([k % 3 - 1 for k in range(first, last)], pa.int64()),
            "ra": [10.0 + k for k in range(first, last)],
            "dec": [-1.0] * (last - first),
            "votes": pa.array([k for k in range(first, last)], pa.int16()),
        }
    )
    return table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": LABELS}})})


def write_arrow(table, path, *, stream=True):
    path.parent.mkdir(parents=True, exist_ok=True)
    opened = pa.ipc.new_stream if stream else pa.ipc.new_file
    with path.open("wb") as file, opened(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=3)


def write_hub(root, jpegs):
    (root / "data").mkdir(parents=True)
    pq.write_table(hugging(jpegs, 0, 3), root / "data" / "train-00000-of-00002.parquet", row_group_size=2)
    pq.write_table(hugging(jpegs, 3, 6), root / "data" / "train-00001-of-00002.parquet")
    pq.write_table(hugging(jpegs, 6, 8), root / "data" / "test-00000-of-00001.parquet")


def write_saved(root, jpegs):
    write_arrow(hugging(jpegs, 0, 6), root / "train" / "data-00000-of-00001.arrow")
    write_arrow(hugging(jpegs, 6, 8), root / "test" / "data-00000-of-00001.arrow", stream=False)
    write_arrow(hugging(jpegs, 0, 2), root / "train" / "cache-1234.arrow")
    (root / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')


@pytest.mark.parametrize("write", [write_hub, write_saved])
def test_a_data_set_of_hugging_face(tmp_path, jpegs, write):
    write(tmp_path / "in", jpegs)
    report = create(tmp_path / "in", tmp_path / "out")
    collection = report.collection
    assert (report.added, report.rejected) == (8, [])
    rows = sorted(collection.catalogue().to_pylist(), key=lambda row: row["ra"])
    assert [row["split"] for row in rows] == ["train"] * 6 + ["test"] * 2
    assert [row["label"] for row in rows[:3]] == [-1, 0, 1]
    assert [row["label_name"] for row in rows[:3]] == [None, "spiral", "ring"]
    assert collection.catalogue(["votes"])["votes"].type == pa.int16()
    row = collection.rows_of([rows[4]["id"]])[0]
    np.testing.assert_array_equal(collection.pixels([row])[0], decode(jpegs[4], name="x"))
    assert create(tmp_path / "in", tmp_path / "out").added == 0


def test_ids_come_from_a_column_or_from_the_paths_when_all_differ(tmp_path, jpegs):
    table = hugging(jpegs, 0, 4, paths=True)
    pq.write_table(table, tmp_path / "a.parquet")
    assert create(tmp_path / "a.parquet", tmp_path / "a").collection.ids().tolist() == [
        "pic0", "pic1", "pic2", "pic3"
    ]  # fmt: skip
    pq.write_table(table.append_column("objid", pa.array([7, 8, 9, 10])), tmp_path / "b.parquet")
    assert create(tmp_path / "b.parquet", tmp_path / "b").collection.ids().tolist() == ["7", "8", "9", "10"]
    named = table.append_column("name", pa.array(["Sa", "Sa", "Sb", "E"])).drop_columns("image")
    named = named.append_column("jpg", pa.array(jpegs[:4]))
    pq.write_table(named, tmp_path / "c.parquet")
    assert create(tmp_path / "c.parquet", tmp_path / "c").collection.ids()[0] == "c_0000001"
    report = create(tmp_path / "c.parquet", tmp_path / "d", id_column="name")
    assert report.collection.ids().tolist() == ["Sa", "Sb", "E"]
    assert [(r.row, r.reason) for r in report.rejected] == [(2, "the id 'Sa' is taken already")]
    with pytest.raises(UnknownNameError, match="nme"):
        create(tmp_path / "c.parquet", tmp_path / "e", id_column="nme")


RGB = galaxy(3, 16)[..., ::-1]  # red first, as such arrays are
FLUX = np.random.default_rng(1).normal(size=(4, 12, 14)).astype(np.float32)


@pytest.mark.parametrize(
    ("cell", "kind", "expected"),
    [
        (RGB.tolist(), pa.list_(pa.list_(pa.list_(pa.uint8()))), RGB[..., ::-1]),
        (RGB.transpose(2, 0, 1).tolist(), pa.large_list(pa.list_(pa.list_(pa.uint8()))), RGB[..., ::-1]),
        (FLUX.tolist(), pa.list_(pa.list_(pa.list_(pa.float32(), 14), 12), 4), FLUX.transpose(1, 2, 0)),
        (FLUX[0].tolist(), pa.list_(pa.list_(pa.float64())), FLUX[0][..., None]),
    ],
    ids=["rgb last", "rgb first", "flux first", "one band"],
)
def test_arrays_in_cells(tmp_path, cell, kind, expected):
    pq.write_table(pa.table({"pixels": pa.array([cell, cell, None], kind)}), tmp_path / "x.parquet")
    report = create(tmp_path / "x.parquet", tmp_path / "out")
    np.testing.assert_allclose(report.collection.pixels([1])[0], expected, rtol=1e-6)
    assert [(r.row, r.reason) for r in report.rejected] == [(3, "the image is missing")]


def test_tensors_and_the_struct_of_the_multimodal_universe(tmp_path):
    kind = pa.fixed_shape_tensor(pa.float32(), FLUX.shape)
    storage = pa.array([FLUX.ravel().tolist()] * 2, pa.list_(pa.float32(), FLUX.size))
    tensors = pa.ExtensionArray.from_storage(kind, storage)
    pq.write_table(pa.table({"t": tensors}), tmp_path / "t.parquet")
    collection = create(tmp_path / "t.parquet", tmp_path / "t").collection
    np.testing.assert_allclose(collection.pixels([0])[0], FLUX.transpose(1, 2, 0))
    cell = {"band": ["DES-G", "DES-R", "DES-I", "DES-Z"], "flux": FLUX.tolist(), "scale": [0.168] * 4}
    pq.write_table(pa.table({"image": [cell], "object_id": ["0042"]}), tmp_path / "m.parquet")
    collection = create(tmp_path / "m.parquet", tmp_path / "m").collection
    assert (collection.ids()[0], collection.bands) == ("0042", ("g", "r", "i", "z"))
    assert collection.pixel_scale == pytest.approx(0.168)


def test_images_that_a_row_only_names_are_read_inside_and_refused_outside(tmp_path, jpegs):
    (tmp_path / "in" / "pics").mkdir(parents=True)
    (tmp_path / "in" / "pics" / "a.bin").write_bytes(jpegs[0])
    (tmp_path / "out.jpg").write_bytes(jpegs[1])
    paths = ["pics/a.bin", "../out.jpg", str(tmp_path / "out.jpg"), "pics/none.jpg", None]
    cells = [{"bytes": None, "path": path} for path in paths] + [{"bytes": b"no", "path": "x"}, None]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    pq.write_table(pa.table({"image": pa.array(cells, kind)}), tmp_path / "in" / "x.parquet")
    report = create(tmp_path / "in", tmp_path / "made")
    assert report.added == 1
    reasons = {r.row: r.reason for r in report.rejected}
    assert sorted(reasons) == [2, 3, 4, 5, 6, 7]
    assert "leaves the folder" in reasons[2]
    assert "leaves the folder" in reasons[3]
    assert "no file" in reasons[4]
    assert reasons[5] == "the image is missing"


def test_several_columns_must_be_chosen_from_and_binary_ones_can_be_exported(tmp_path, jpegs):
    table = pa.table({"left": jpegs[:2], "right": jpegs[2:4], "n": [1, 2]})
    pq.write_table(table, tmp_path / "x.parquet")
    with pytest.raises(CatalogueError, match="--image-column"):
        create(tmp_path / "x.parquet", tmp_path / "out")
    with pytest.raises(CatalogueError, match="holds no images"):
        create(tmp_path / "x.parquet", tmp_path / "out", image_column="n")
    collection = create(tmp_path / "x.parquet", tmp_path / "out", image_column="right").collection
    np.testing.assert_array_equal(collection.pixels([0])[0], decode(jpegs[2], name="x"))
    for suffix in ("csv", "fits", "vot", "ecsv", "parquet"):
        export_catalogue(collection, tmp_path / f"t.{suffix}")
        back = read_table(tmp_path / f"t.{suffix}")["left"].to_pylist()
        assert back[1] == (jpegs[1] if suffix == "parquet" else jpegs[1].hex())


def test_files_whose_columns_differ_and_one_that_is_damaged(tmp_path, jpegs):
    folder = tmp_path / "in"
    folder.mkdir()
    pq.write_table(pa.table({"image": jpegs[:2], "z": [1, 2], "a.b": [1, 2]}), folder / "a.parquet")
    pq.write_table(pa.table({"image": jpegs[2:4], "z": [0.5, None], "t": ["x", "y"]}), folder / "b.parquet")
    pq.write_table(pa.table({"other": [1]}), folder / "c.parquet")
    (folder / "d.parquet").write_bytes((folder / "a.parquet").read_bytes()[:-200])
    report = create(folder, tmp_path / "out")
    kept = report.collection.catalogue(["z", "t", "a_b"]).to_pydict()
    assert kept["z"] == [1, 2, 0.5, None]
    assert kept["t"] == [None, None, "x", "y"]
    assert sorted(r.file for r in report.rejected) == ["c.parquet", "d.parquet"]
    pq.write_table(pa.table({"image": jpegs[:1], "z": ["text"]}), folder / "e.parquet")
    with pytest.raises(CatalogueError, match="do not fit together"):
        create(folder, tmp_path / "out2")


def test_what_comes_before_a_cut_in_an_arrow_stream_is_kept(tmp_path, jpegs):
    write_arrow(hugging(jpegs, 0, 8), tmp_path / "x.arrow")
    whole = (tmp_path / "x.arrow").read_bytes()
    (tmp_path / "x.arrow").write_bytes(whole[: len(whole) * 3 // 4])
    report = create(tmp_path / "x.arrow", tmp_path / "out")
    assert len(report.collection) == 3
    assert report.rejected[0].row == 4
    assert "cannot be read" in report.rejected[0].reason


def test_a_catalogue_without_images_is_not_taken_for_one(tmp_path):
    pq.write_table(pa.table({"ra": [1.0], "dec": [2.0]}), tmp_path / "x.parquet")
    with pytest.raises(TuningforkError, match=r"a table without images\. .*--image-column"):
        create(tmp_path / "x.parquet", tmp_path / "out")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1" + bytes(100))
    with pytest.raises(CatalogueError, match="not a readable Parquet"):
        create(tmp_path / "bad.parquet", tmp_path / "out")


def test_batches_stay_small_whatever_the_row_groups(tmp_path, jpegs, monkeypatch):
    monkeypatch.setattr(row_files, "_BATCH_BYTES", 5 * len(jpegs[0]))
    pq.write_table(
        pa.table({"image": jpegs * 5}), tmp_path / "x.parquet", compression="none", use_dictionary=False
    )
    source = open_source(tmp_path / "x.parquet", tmp_path, Wishes("x"))
    sizes = [len(part.entries) for part in source.parts()]
    assert sum(sizes) == source.count == 40
    assert max(sizes) <= 6


@pytest.mark.parametrize("kind", ["parquet", "stream", "file", "lists"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_never_raises_anything_of_its_own(tmp_path, jpegs, kind, data):
    good: Path = tmp_path / f"good-{kind}"
    if not good.exists():
        small = [cv2.imencode(".png", galaxy(k, 4))[1].tobytes() for k in range(3)]
        table = (
            hugging(small, 0, 3, paths=True)
            if kind != "lists"
            else pa.table({"x": [galaxy(0, 4).tolist()] * 2})
        )
        if kind in ("parquet", "lists"):
            pq.write_table(table, good)
        else:
            write_arrow(table, good, stream=kind == "stream")
    whole = good.read_bytes()
    raw = bytearray(whole[: data.draw(st.just(len(whole)) | st.integers(0, len(whole)))])
    for _ in range(data.draw(st.integers(0, 4)) if raw else 0):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / ("x.parquet" if kind in ("parquet", "lists") else "x.arrow")
    path.unlink(missing_ok=True)  # another file: the last one may still be mapped
    path.write_bytes(data.draw(st.just(bytes(raw)) | st.binary(max_size=2000)))
    with contextlib.suppress(TuningforkError):
        for part in open_source(path, tmp_path, Wishes("x")).parts():
            for entry in part.entries:
                with contextlib.suppress(ImageError):
                    part.read(entry)


def test_columns_of_types_that_cannot_be_stored_become_text(tmp_path, jpegs):
    table = hugging(jpegs, 0, 3)
    pairs = pa.array([[("z", 0.1)], None, [("z", 0.3), ("q", 2.0)]], pa.map_(pa.string(), pa.float64()))
    inside = pa.array([{"m": [("a", 1)]}] * 3, pa.struct([("m", pa.map_(pa.string(), pa.int32()))]))
    table = table.append_column("pairs", pairs).append_column("inside", inside)
    pq.write_table(table, tmp_path / "t.parquet")
    report = create(tmp_path / "t.parquet", tmp_path / "out")
    kept = report.collection.catalogue(["pairs", "inside"])
    assert kept["pairs"].to_pylist() == ['[["z", 0.1]]', None, '[["z", 0.3], ["q", 2.0]]']
    assert kept["inside"].to_pylist() == ['{"m": [["a", 1]]}'] * 3
    more = pa.table({"id": report.collection.ids().tolist()}).append_column("later", pairs)
    join_catalogue(report.collection, more)
    assert report.collection.open(tmp_path / "out").catalogue(["later"])["later"][1].as_py() is None


@pytest.mark.parametrize("name", [b"image", b"bytes", b"label"])
def test_a_damaged_column_name_is_told(tmp_path, jpegs, name):
    write_arrow(hugging(jpegs[:2], 0, 2, paths=True), tmp_path / "x.arrow", stream=True)
    damaged = (tmp_path / "x.arrow").read_bytes().replace(name, b"\x80" + name[1:])
    (tmp_path / "x.arrow").write_bytes(damaged)
    with pytest.raises(TuningforkError):
        create(tmp_path / "x.arrow", tmp_path / "out")
