"""Zarr stores and NumPy files."""

import zipfile

import numpy as np
import pytest

from tests.collection.readers.made_arrays import flux
from tuningfork.collection import create_collection
from tuningfork.errors import CatalogueError, CollectionError, TuningforkError


class Evil:
    """What a pickle would do when it is read."""

    def __reduce__(self):
        return (pytest.fail, ("a pickle was read",))


def made(source, tmp_path, **wishes):
    return create_collection(source, tmp_path / "out", quiet=True, **wishes)


def write_zarr(path, images, *, version=3, zipped=False, **how):
    zarr = pytest.importorskip("zarr")
    store = zarr.storage.ZipStore(path, mode="w") if zipped else str(path)
    group = zarr.open_group(store, mode="w", zarr_format=version)
    group.create_array("images", data=images, chunks=(4, *images.shape[1:]), **how)
    group.create_array("ra", data=np.linspace(0, 9, len(images)))
    group.create_array("name", data=np.array([f"g{k}" for k in range(len(images))], "<U4"))
    if zipped:
        store.close()


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("zipped", [False, True])
def test_zarr_is_read_as_hdf5_is(tmp_path, version, zipped):
    images = flux(10)
    path = tmp_path / ("in.zarr.zip" if zipped else "in.zarr")
    write_zarr(path, images, version=version, zipped=zipped)
    there = made(path, tmp_path).collection
    assert there.ids().tolist() == [f"g{k}" for k in range(10)]
    np.testing.assert_array_equal(there.pixels([9])[0], images[9].transpose(1, 2, 0))
    assert there.catalogue(["ra"])["ra"][1].as_py() == 1.0


def test_zarr_with_shards_and_one_lone_array(tmp_path):
    zarr = pytest.importorskip("zarr")
    images = flux(8)
    zarr.create_array(str(tmp_path / "in.zarr"), data=images, chunks=(2, 3, 24, 24), shards=(4, 3, 24, 24))
    there = made(tmp_path / "in.zarr", tmp_path).collection
    np.testing.assert_array_equal(there.pixels([7])[0], images[7].transpose(1, 2, 0))
    assert there.ids()[0] == "in_00001"


def test_a_damaged_zarr_chunk_costs_its_own_galaxies(tmp_path):
    write_zarr(tmp_path / "in.zarr", flux(10))
    chunk = tmp_path / "in.zarr" / "images" / "c" / "1" / "0" / "0" / "0"
    chunk.write_bytes(chunk.read_bytes()[:50])
    report = made(tmp_path / "in.zarr", tmp_path)
    assert [r.row for r in report.rejected] == [5, 6, 7, 8]
    assert report.added == 6


@pytest.mark.parametrize("codec", ["pickle", "json2", "of_a_stranger"])
def test_zarr_that_would_run_code_is_refused(tmp_path, codec):
    write_zarr(tmp_path / "in.zarr", flux(4), version=2)
    meta = tmp_path / "in.zarr" / "name" / ".zarray"
    text = meta.read_text().replace('"filters": null', f'"filters": [{{"id": "{codec}"}}]')
    assert codec in text
    meta.write_text(text)
    with pytest.raises(CollectionError, match=f"packed by '{codec}'"):
        made(tmp_path / "in.zarr", tmp_path)


def test_zarr_cut_off_or_empty_is_one_line(tmp_path):
    write_zarr(tmp_path / "in.zarr.zip", flux(4), zipped=True)
    whole = (tmp_path / "in.zarr.zip").read_bytes()
    (tmp_path / "cut.zarr.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(TuningforkError):
        made(tmp_path / "cut.zarr.zip", tmp_path, reader="zarr")
    zarr = pytest.importorskip("zarr")
    zarr.open_group(str(tmp_path / "empty.zarr"), mode="w")
    with pytest.raises(CatalogueError, match="--image-column"):
        made(tmp_path / "empty.zarr", tmp_path)


def test_numpy_arrays_are_read_where_they_lie(tmp_path):
    images = flux(7)
    np.save(tmp_path / "in.npy", images)
    there = made(tmp_path / "in.npy", tmp_path).collection
    np.testing.assert_array_equal(there.pixels([6])[0], images[6].transpose(1, 2, 0))
    assert there.ids()[0] == "in_0000001"


def test_npz_has_columns(tmp_path):
    np.savez_compressed(tmp_path / "in.npz", images=flux(7), id=np.arange(7) * 3, z=np.zeros(7, "f4"))
    there = made(tmp_path / "in.npz", tmp_path).collection
    assert there.ids().tolist() == [str(3 * k) for k in range(7)]
    assert "z" in there.catalogue().column_names


def test_numpy_pickles_and_stumps_are_refused(tmp_path):
    np.save(tmp_path / "evil.npy", np.array([Evil()], object), allow_pickle=True)
    np.savez(tmp_path / "evil.npz", images=flux(3), more=np.array([Evil()], object))
    np.save(tmp_path / "whole.npy", flux(3))
    whole = (tmp_path / "whole.npy").read_bytes()
    (tmp_path / "cut.npy").write_bytes(whole[:2000])
    (tmp_path / "cut.npz").write_bytes(b"PK\3\4")
    with zipfile.ZipFile(tmp_path / "huge.npz", "w") as archive:
        archive.writestr("images.npy", whole.replace(b"(3, 3, 24, 24)", b"(9**9**9,   )"[:14].ljust(14)))
    for name in ("evil.npy", "evil.npz", "cut.npy", "cut.npz", "huge.npz"):
        with pytest.raises(CollectionError):
            made(tmp_path / name, tmp_path)
