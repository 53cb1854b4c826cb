import subprocess
import sys

import pytest

from tuningfork.errors import BusyError, TuningforkError
from tuningfork.files import disk_errors, only_writer, write_atomically


def test_a_file_is_written_whole_and_replaced(tmp_path):
    path = tmp_path / "a.txt"
    write_atomically(path, "one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_failure_leaves_the_old_file_and_no_rest(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    write_atomically(path, "one")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tuningfork.files.os.fsync", full)
    with pytest.raises(
        TuningforkError, match=r"a\.txt: cannot write: No space left on device. Free some space"
    ):
        write_atomically(path, "two")
    assert path.read_text() == "one"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_missing_folder_is_one_line(tmp_path):
    with pytest.raises(TuningforkError, match="cannot write: No such file or directory"):
        write_atomically(tmp_path / "no" / "a.txt", "x")


def test_other_errors_pass_through():
    with pytest.raises(KeyError), disk_errors("anywhere"):
        raise KeyError("a")


HOLD = """
import sys
from pathlib import Path
from tuningfork.files import only_writer
with only_writer(Path(sys.argv[1]), "importing"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the folder until it is told to end."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_writer_is_told_who_holds_the_folder(tmp_path, holder):
    with (
        pytest.raises(BusyError, match=rf"another process is importing \(process {holder.pid}\)"),
        only_writer(tmp_path, "x"),
    ):
        pass


@pytest.mark.kill
def test_the_lock_dies_with_its_process(tmp_path, holder):
    holder.kill()
    holder.wait()
    with only_writer(tmp_path, "embedding"):
        pass


def test_the_folder_is_free_again_afterwards(tmp_path):
    for _ in range(2):
        with only_writer(tmp_path / "new", "embedding"):
            assert (tmp_path / "new").is_dir()
