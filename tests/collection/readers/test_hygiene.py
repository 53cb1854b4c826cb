"""Messy folders: what is no stamp is named or left out, the right reader is found, a full disk is told."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.collection.made import write_jpegs
from tuningfork.collection import create_collection
from tuningfork.collection.readers.registry import READERS, describe_readers, open_source
from tuningfork.collection.wishes import Wishes


def test_what_lies_about_in_folders(tmp_path):
    folder = tmp_path / "in"
    write_jpegs(folder, 2)
    (folder / "loop").symlink_to(folder)
    (folder / "a.jpg").symlink_to(folder / "b.jpg")
    (folder / "b.jpg").symlink_to(folder / "a.jpg")
    (folder / "dangling.jpg").symlink_to(folder / "nothing")
    (folder / "folder.jpg").mkdir()
    write_jpegs(folder / "folder.jpg", 1, start=5)
    (folder / ".hidden.jpg").write_bytes(b"x")
    (folder / "empty.jpg").touch()
    (folder / "text.jpg").write_text("<html>502 Bad Gateway</html>")
    os.mkfifo(folder / "pipe.jpg")
    report = create_collection(folder, tmp_path / "out", quiet=True)
    assert sorted(report.collection.ids()) == ["g000", "g001", "g005"]
    reasons = {r.file: r.reason for r in report.rejected}
    assert sorted(reasons) == ["a.jpg", "b.jpg", "dangling.jpg", "empty.jpg", "pipe.jpg", "text.jpg"]
    assert reasons["empty.jpg"] == "the file is empty"
    assert "not an ordinary file" in reasons["pipe.jpg"]


def test_a_file_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    write_jpegs(tmp_path / "in", 2)
    read = Path.read_bytes

    def read_bytes(path):  # root may read everything, so the system's answer is given here
        if path.name == "g001.jpg":
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    report = create_collection(tmp_path / "in", tmp_path / "out", quiet=True)
    assert report.collection.ids().tolist() == ["g000"]
    assert [(r.file, r.reason) for r in report.rejected] == [
        ("g001.jpg", "cannot be read (Permission denied)")
    ]


def test_a_folder_that_cannot_be_listed_is_named(tmp_path, monkeypatch):
    write_jpegs(tmp_path / "in" / "a", 1)
    write_jpegs(tmp_path / "in" / "b", 1, start=1)
    listed = os.scandir

    def scandir(path):
        if str(path).endswith("b"):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    report = create_collection(tmp_path / "in", tmp_path / "out", quiet=True)
    assert report.added == 1
    assert [(r.file, r.reason) for r in report.rejected] == [("b", "cannot be read (Permission denied)")]


@pytest.mark.parametrize("kind", ["shards", "tables", "pictures and shards"])
def test_the_right_reader_is_found(tmp_path, kind):
    write_jpegs(tmp_path / "pictures", 2)
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "README.md").write_text("about")
    if "shards" in kind:
        shutil.make_archive(str(folder / "a"), "tar", tmp_path / "pictures")
    if kind == "tables":
        images = [file.read_bytes() for file in (tmp_path / "pictures").iterdir()]
        pq.write_table(pa.table({"image": images}), folder / "a.parquet")
    if "pictures" in kind:
        write_jpegs(folder, 1, start=7)
    count = len(
        [entry for part in open_source(folder, tmp_path, Wishes("x")).parts() for entry in part.entries]
    )
    assert count == (1 if "pictures" in kind else 2)


def test_every_reader_says_what_it_reads():
    told = describe_readers()
    assert set(told) == set(READERS)
    assert all(told.values())


LIMITED = """
import resource, sys
from tuningfork.collection import create_collection
from tuningfork.errors import TuningforkError

resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    create_collection(sys.argv[1], sys.argv[2], quiet=True)
except TuningforkError as error:
    print(error)
    sys.exit(0)
sys.exit("nothing was refused")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_a_full_disk_is_one_line_and_the_next_start_goes_on(tmp_path):
    write_jpegs(tmp_path / "in", 100, size=132)
    source = shutil.make_archive(str(tmp_path / "in"), "tar", tmp_path / "in")
    command = [sys.executable, "-c", LIMITED, source, str(tmp_path / "out")]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "Traceback" not in ran.stderr
    assert len(ran.stdout.strip().splitlines()) == 1
    assert "cannot write" in ran.stdout
    assert create_collection(source, tmp_path / "out", quiet=True).added == 100
