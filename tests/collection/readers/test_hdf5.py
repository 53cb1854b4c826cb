"""HDF5 of every known layout, and files that are not what they should be."""

import h5py
import numpy as np
import pytest

from tests.collection.readers.made_arrays import flux, write_galaxy10, write_legacy, write_multimodal
from tuningfork.collection import add_to_collection, create_collection
from tuningfork.collection.readers.arrays.galaxy10 import DECALS_CLASSES
from tuningfork.errors import CatalogueError, CollectionError, TuningforkError, UnknownNameError


def made(source, tmp_path, **wishes):
    return create_collection(source, tmp_path / "out", quiet=True, **wishes)


def hwc(image):
    return image.transpose(1, 2, 0)


@pytest.mark.parametrize(
    "how", [{}, {"compression": "gzip", "chunks": (7, 1, 24, 12)}, {"compression": "lzf"}]
)
def test_legacy_stamps_keep_pixels_and_columns(tmp_path, how):
    images = write_legacy(tmp_path / "images_npix152_000000000_000000040.h5", 40, **how)
    report = made(tmp_path / "images_npix152_000000000_000000040.h5", tmp_path)
    there, manifest = report.collection, report.collection.manifest
    assert report.added == 40
    assert not report.rejected
    assert manifest.bands == ("g", "r", "z")
    assert (manifest.unit, manifest.zero_point, manifest.pixel_scale) == ("nanomaggy", 22.5, 0.262)
    np.testing.assert_array_equal(there.pixels([39])[0], hwc(images[39]))
    table = there.catalogue(["id", "inds", "source_type", "flux", "maskbits", "objid"])
    assert table["id"].to_pylist()[:2] == ["0", "1"]
    assert table["source_type"].to_pylist()[:2] == ["SER", "EXP"]
    assert table.schema.field("maskbits").type == "int16"
    assert len(table["flux"][0].as_py()) == 3


def test_several_files_are_told_apart_by_their_folder(tmp_path):
    write_legacy(tmp_path / "in" / "south" / "a.h5", 6)
    write_legacy(tmp_path / "in" / "south" / "b.h5", 6, start=6)
    write_legacy(tmp_path / "in" / "north" / "a.h5", 6)
    report = made(tmp_path / "in", tmp_path)
    assert report.added == 18
    assert {"north/0", "south/0", "south/11"} <= set(report.collection.ids().tolist())


@pytest.mark.parametrize("side", [69, 256])
def test_galaxy10_has_blue_first_pixels_and_class_names(tmp_path, side):
    images = write_galaxy10(tmp_path / "Galaxy10.h5", side=side)
    there = made(tmp_path / "Galaxy10.h5", tmp_path).collection
    assert there.bands == ("blue", "green", "red")
    np.testing.assert_array_equal(there.pixels([5])[0], images[5][..., ::-1])
    name = "galaxy10_sdss" if side == 69 else "galaxy10_decals"
    assert there.ids()[0] == f"{name}_00001"
    table = there.catalogue(["ans", "label", "pixel_scale", "ra"])
    assert table["ans"].to_pylist()[:2] == [0, 1]
    if side == 256:
        assert table["label"].to_pylist()[:2] == list(DECALS_CLASSES[:2])
        assert table["pixel_scale"][0].as_py() == pytest.approx(0.262)
        assert table["ra"][0].as_py() is not None


def test_multimodal_universe_names_bands_and_ids(tmp_path):
    images = write_multimodal(tmp_path / "dr10_south_21", [11, 3])
    report = made(tmp_path / "dr10_south_21", tmp_path)
    there = report.collection
    assert report.added == 10
    assert there.manifest.bands == ("g", "r", "i", "z")
    assert there.manifest.zero_point == 22.5
    row = there.ids().tolist().index("3m005-2")
    np.testing.assert_array_equal(there.pixels([row])[0], hwc(images[2]))
    assert there.catalogue(["ra"])["ra"][row].as_py() == 13.0
    assert "image_ivar" not in there.catalogue().column_names


@pytest.mark.parametrize(
    ("shape", "seen"),
    [
        ((9, 20, 22, 3), (20, 22, 3)),
        ((9, 3, 20, 22), (20, 22, 3)),
        ((9, 20, 22), (20, 22, 1)),
        ((9, 5, 20, 20), (20, 20, 5)),
    ],
)
@pytest.mark.parametrize("dtype", ["<f4", ">f8", "i2", "u1"])
def test_any_array_of_images_is_found_by_shape(tmp_path, shape, seen, dtype):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["deep/within/pixels"] = (np.random.default_rng(0).random(shape) * 200).astype(dtype)
        file["deep/within/name"] = np.array([f"ngc {k}" for k in range(9)], "S8")
        file["weights"] = np.zeros((4, 4))
    there = made(tmp_path / "a.h5", tmp_path).collection
    assert there.pixels([2])[0].shape == seen
    assert there.ids()[2] == "ngc 2"


def test_a_column_that_has_lost_rows_is_told(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["images"], file["z"], file["wavelength"] = flux(9), np.zeros(7), np.zeros(3)
    report = made(tmp_path / "a.h5", tmp_path)
    reasons = [r.reason for r in report.rejected]
    assert reasons == ["the column 'z' is left out: it has 7 values for 9 galaxies"]


def test_an_id_column_can_be_named_and_other_ids_are_file_and_row(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["cubes"], file["other"] = flux(4), flux(4, bands=2)
        file["key"] = np.array(["a", "", "c", "a"], h5py.string_dtype())
    report = made(tmp_path / "a.h5", tmp_path, image_column="cubes", id_column="key")
    assert report.collection.ids().tolist() == ["a", "c"]
    assert sorted((r.row, r.reason) for r in report.rejected) == [
        (2, "the id is empty"),
        (4, "the id 'a' is taken already"),
    ]
    report = create_collection(tmp_path / "a.h5", tmp_path / "b", image_column="other", quiet=True)
    assert report.collection.ids()[0] == "a_0000001"


def test_wrong_keys_are_one_line_that_lists_what_there_is(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["left"], file["right"], file["z"] = flux(4), flux(4), np.zeros(4)
    with pytest.raises(CatalogueError, match=r"left \(4, 3, 24, 24\), right .*--image-column") as error:
        made(tmp_path / "a.h5", tmp_path)
    assert "\n" not in str(error.value)
    with pytest.raises(UnknownNameError, match=r"unknown array 'lift'.*left"):
        made(tmp_path / "a.h5", tmp_path, image_column="lift")
    with pytest.raises(UnknownNameError, match="unknown column 'nome'"):
        made(tmp_path / "a.h5", tmp_path, image_column="left", id_column="nome")


def test_what_is_there_is_not_read_again(tmp_path, monkeypatch):
    write_legacy(tmp_path / "a.h5", 30)
    write_legacy(tmp_path / "b.h5", 40)
    made(tmp_path / "a.h5", tmp_path)
    from tuningfork.collection.readers.arrays import array_source

    read = []
    alone = array_source.BlockReader.read
    monkeypatch.setattr(
        array_source.BlockReader, "read", lambda self, e: read.append(e.row) or alone(self, e)
    )
    report = add_to_collection(tmp_path / "out", tmp_path / "b.h5", quiet=True)
    assert (report.added, report.already) == (10, 30)
    assert set(read) == set(range(30, 40))


def test_bad_pixels_are_counted_and_empty_stamps_refused(tmp_path):
    images = write_legacy(tmp_path / "a.h5", 6)
    with h5py.File(tmp_path / "a.h5", "a") as file:
        images[1], images[2, 0], images[3, :, :4] = np.nan, 0, np.inf
        file["images"][...] = images
    report = made(tmp_path / "a.h5", tmp_path)
    assert [(r.file, r.row, r.reason) for r in report.rejected] == [("a.h5", 2, "every pixel is NaN")]
    bad = dict(
        zip(
            report.collection.ids().tolist(),
            report.collection.catalogue(["bad_pixels"])["bad_pixels"].to_pylist(),
            strict=True,
        )
    )
    assert bad == {"0": 0, "2": 0, "3": 96, "4": 0, "5": 0}
    assert np.all(report.collection.pixels([1])[0][..., 0] == 0)


def test_arrays_of_other_lengths_and_kinds_are_no_columns(tmp_path):
    write_legacy(tmp_path / "a.h5", 6)
    with h5py.File(tmp_path / "a.h5", "a") as file:
        file["short"], file["cube"] = np.zeros(5), np.zeros((6, 3, 3))
        file.create_dataset("ragged", (6,), h5py.vlen_dtype(np.int32))
        file.create_dataset("blob", (6,), np.dtype("V8"))
    report = made(tmp_path / "a.h5", tmp_path)
    assert report.added == 6
    assert {"short", "cube", "ragged", "blob"}.isdisjoint(report.collection.catalogue().column_names)
    assert sorted(r.reason.split(":")[0] for r in report.rejected) == [
        "the column 'blob' is left out",
        "the column 'ragged' is left out",
        "the column 'short' is left out",
    ]


def leads_out(kind, path, secret):
    write_legacy(secret, 6)
    with h5py.File(path, "w") as file:
        if kind == "link":
            file["images"] = h5py.ExternalLink(str(secret), "images")
        elif kind == "virtual":
            layout = h5py.VirtualLayout((6, 3, 24, 24), "f4")
            layout[...] = h5py.VirtualSource(str(secret), "images", (6, 3, 24, 24))
            file.create_virtual_dataset("images", layout)
        else:
            file.create_dataset(
                "images", (6, 3, 24, 24), "f4", external=[(str(secret), 0, h5py.h5f.UNLIMITED)]
            )


@pytest.mark.parametrize("kind", ["link", "virtual", "external"])
def test_nothing_outside_of_the_file_is_followed(tmp_path, kind):
    leads_out(kind, tmp_path / "a.h5", tmp_path / "away" / "secret.h5")
    with pytest.raises(CollectionError, match=r"'images' is .*not followed"):
        made(tmp_path / "a.h5", tmp_path)


def test_declared_sizes_are_checked_before_memory_is_taken(tmp_path):
    with h5py.File(tmp_path / "chunks.h5", "w") as file:
        file.create_dataset(
            "images", (10_000, 3, 128, 128), "f4", chunks=(10_000, 3, 128, 128), compression="gzip"
        )
    with h5py.File(tmp_path / "rows.h5", "w") as file:
        file.create_dataset("images", (10**9, 3, 64, 64), "f4", chunks=(1, 3, 64, 64))
    with h5py.File(tmp_path / "stamp.h5", "w") as file:
        file.create_dataset("images", (2, 3, 60_000, 60_000), "f4", chunks=(1, 1, 64, 64))
    for name, reason in (("chunks", "in chunks of"), ("rows", "are stored"), ("stamp", "too large")):
        with pytest.raises(TuningforkError, match=reason):
            made(tmp_path / f"{name}.h5", tmp_path)


def test_a_group_that_contains_itself_ends(tmp_path):
    write_legacy(tmp_path / "a.h5", 3)
    with h5py.File(tmp_path / "a.h5", "a") as file:
        group = file.create_group("round")
        group["again"] = group
        file["soft"] = h5py.SoftLink("/soft")
    assert made(tmp_path / "a.h5", tmp_path).added == 3


def test_one_broken_file_among_good_ones_is_named(tmp_path):
    write_legacy(tmp_path / "in" / "a.h5", 5)
    write_legacy(tmp_path / "in" / "b.h5", 5, start=5)
    whole = (tmp_path / "in" / "b.h5").read_bytes()
    (tmp_path / "in" / "b.h5").write_bytes(whole[: len(whole) // 2])
    report = made(tmp_path / "in", tmp_path)
    assert report.added == 5
    assert [(r.file, r.reason) for r in report.rejected] == [("b.h5", "the file is cut off")]


def test_a_damaged_chunk_costs_its_own_galaxies(tmp_path):
    write_legacy(tmp_path / "a.h5", 12, compression="gzip", chunks=(3, 3, 24, 24), shuffle=True)
    with h5py.File(tmp_path / "a.h5") as file:
        place = file["images"].id.get_chunk_info(1)
    with (tmp_path / "a.h5").open("r+b") as file:
        file.seek(place.byte_offset + 20)
        file.write(b"\0" * 200)
    report = made(tmp_path / "a.h5", tmp_path)
    assert report.added == 9
    assert [r.row for r in report.rejected] == [4, 5, 6]
