"""Cut and flipped bytes, memory that stays flat, and SIGKILL during an import of HDF5."""

import subprocess
import sys

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.collection.kills import kill_imports, nothing_is_lost
from tests.collection.readers.made_arrays import flux, write_legacy
from tuningfork.collection import create_collection
from tuningfork.errors import TuningforkError

# Reads every file that it is told of on a line, and answers each with a line; it dies where HDF5 does.
READ_ALL = """
import sys
from pathlib import Path
from tuningfork.collection.readers.registry import open_source
from tuningfork.collection.wishes import Wishes
from tuningfork.errors import TuningforkError

for line in sys.stdin:
    path = Path(line.strip())
    good = bad = 0
    try:
        for part in open_source(path, path.parent / "out", Wishes(name="x")).parts():
            bad += len(part.rejected)
            for entry in part.entries:
                try:
                    part.read(entry)
                    good += 1
                except TuningforkError:
                    bad += 1
        answer = f"{good} {bad}"
    except TuningforkError:
        answer = "refused"
    except BaseException as error:
        answer = f"{type(error).__name__}: {error}"
    print(answer.replace(chr(10), " "), flush=True)
"""


class Child:
    """A process that reads hostile files, made anew when it died."""

    def __init__(self):
        self.died = 0
        self._start()

    def _start(self):
        self._process = subprocess.Popen(
            [sys.executable, "-c", READ_ALL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def answer(self, path) -> str:
        self._process.stdin.write(f"{path}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline().strip()
        if line:
            return line
        self._process.wait()
        self.died += 1
        self._start()
        return "died"

    def end(self):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@pytest.fixture(scope="module")
def child():
    child = Child()
    yield child
    child.end()


@pytest.fixture(scope="module")
def victims(tmp_path_factory):
    """A plain file, a compressed one with texts, and one of the newest layout of HDF5."""
    folder = tmp_path_factory.mktemp("victims")
    write_legacy(folder / "plain.h5", 4, side=12)
    write_legacy(folder / "gzip.h5", 9, side=12, compression="gzip", chunks=(2, 3, 12, 12), fletcher32=True)
    with h5py.File(folder / "latest.h5", "w", libver="latest") as file:
        file.create_dataset("images", data=flux(8, side=12), chunks=(2, 3, 12, 12), compression="lzf")
        file["name"] = np.array([f"g{k}" for k in range(8)], h5py.string_dtype())
    return [path.read_bytes() for path in sorted(folder.glob("*.h5"))]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_broken_files_are_refused_and_crash_nothing(child, victims, tmp_path_factory, data):
    spoiled = bytearray(data.draw(st.sampled_from(victims)))
    if data.draw(st.booleans()):
        del spoiled[data.draw(st.integers(0, len(spoiled) - 1)) :]
    for place in data.draw(st.lists(st.integers(0, max(0, len(spoiled) - 1)), max_size=6)):
        if place < len(spoiled):
            spoiled[place] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "spoiled.h5"
    path.write_bytes(spoiled)
    answer = child.answer(path)
    assert answer == "refused" or answer.replace(" ", "").isdigit(), answer


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_file_cut_off_anywhere_is_one_line(tmp_path, share):
    write_legacy(tmp_path / "a.h5", 20)
    whole = (tmp_path / "a.h5").read_bytes()
    (tmp_path / "a.h5").write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(TuningforkError, match=r"a\.h5: .*(cut off|no HDF5)"):
        create_collection(tmp_path / "a.h5", tmp_path / "out", quiet=True)


MEASURED = """
import resource, sys
from tuningfork.collection import create_collection
added = create_collection(sys.argv[1], sys.argv[2], quiet=True, workers=2).added
print(added, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is measured in kB on Linux only")
def test_memory_does_not_grow_with_the_rows(tmp_path):
    peaks = {}
    for count in (2_000, 20_000):
        path = tmp_path / f"{count}.h5"
        with h5py.File(path, "w") as file:
            images = file.create_dataset("images", (count, 24, 24), "f4")
            for start in range(0, count, 2_000):
                images[start : start + 2_000] = flux(2_000, bands=1, seed=start)[:, 0]
            file["ra"], file["inds"] = np.linspace(0, 359, count), np.arange(count)
        command = [sys.executable, "-c", MEASURED, str(path), str(tmp_path / f"out{count}")]
        added, peak = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        assert int(added) == count
        peaks[count] = int(peak) / 1024
    assert peaks[20_000] < peaks[2_000] + 120  # MB; all pixels of the larger one are 46, twice held at most


@pytest.mark.kill
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.parametrize("how", [{}, {"compression": "gzip", "chunks": (30, 3, 24, 24)}])
def test_kills_over_hdf5_lose_and_double_nothing(tmp_path, how):
    for number in range(3):
        write_legacy(tmp_path / "in" / f"{number}.h5", 200, start=200 * number, **how)
    counts = kill_imports(tmp_path / "in", tmp_path / "out", kills=12, seed=11)
    there, _ = nothing_is_lost(tmp_path / "in", tmp_path / "out", counts, 600)
    assert there.catalogue(["maskbits"])["maskbits"].null_count == 0
