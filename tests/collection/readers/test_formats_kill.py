"""SIGKILL at random moments of an import from archives, tables, band files: nothing lost, nothing twice."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits

from tests.collection.kills import kill_imports, nothing_is_lost
from tests.collection.made import galaxy, write_jpegs

GALAXIES = 300


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Small made galaxies."""
    folder = tmp_path_factory.mktemp("kill") / "in"
    write_jpegs(folder, GALAXIES, size=64)
    return folder


def as_archive(folder, path):
    """The folder in a tar, packed or not, or a ZIP."""
    kind = {".tar": "tar", ".gz": "gztar", ".zip": "zip"}[path.suffix]
    return Path(shutil.make_archive(str(path).partition(".")[0], kind, folder))


def as_table(folder, path):
    """The folder in a table of several row groups, or batches."""
    table = pa.table({"image": [file.read_bytes() for file in sorted(folder.iterdir())]})
    if path.suffix == ".parquet":
        pq.write_table(table, path, row_group_size=35)
    else:
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
            writer.write_table(table, max_chunksize=35)
    return path


def as_bands(folder, path):
    """As many galaxies, with a FITS file for each of two bands."""
    for band in "gr":
        (path / band).mkdir(parents=True)
        for number in range(GALAXIES):
            flux = galaxy(number, 32)[..., "gr".index(band)].astype(np.float32)
            fits.PrimaryHDU(flux).writeto(path / band / f"{number}.fits")
    return path


SOURCES = {
    "in.tar": as_archive,
    "in.tar.gz": as_archive,
    "in.zip": as_archive,
    "in.parquet": as_table,
    "in.arrow": as_table,
    "bands": as_bands,
}


@pytest.mark.kill
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.parametrize(("kind", "pack"), SOURCES.items(), ids=SOURCES)
def test_kills_lose_and_double_nothing(folder, tmp_path, kind, pack):
    source = pack(folder, tmp_path / kind)
    counts = kill_imports(source, tmp_path / "out", kills=5, seed=sum(map(ord, kind)))
    _, flags = nothing_is_lost(source, tmp_path / "out", counts, GALAXIES)
    assert flags <= {"duplicate"}
