"""A sweep resumes, survives a torn line, and keeps going past a cell that fails."""

import json
from itertools import count
from types import SimpleNamespace

import pytest

from tuningfork.errors import BusyError, DataError, TuningforkError
from tuningfork.files import only_writer
from tuningfork.papers.sweep import run_cells

CELLS = [{"method": name, "seed": seed} for name in "ab" for seed in range(3)]


class Counting:
    """Squares the seed, and remembers what it was asked for."""

    def __init__(self, bad=None):
        self.asked, self.bad = [], bad

    def __call__(self, cell):
        self.asked.append((cell["method"], cell["seed"]))
        if self.asked[-1] == self.bad:
            raise RuntimeError("no such luck")
        return {"square": cell["seed"] ** 2}


def test_a_sweep_goes_on_where_it_was_told_to_stop(tmp_path):
    first, second = Counting(), Counting()
    part = run_cells(CELLS, first, tmp_path, at_most=4, quiet=True)
    assert (len(part.done), part.left) == (4, 2)
    assert "4 of 6 cells are finished" in part.notes()[0]
    shuffled = [dict(reversed(cell.items())) for cell in reversed(CELLS)]
    whole = run_cells(shuffled, second, tmp_path, quiet=True)
    assert len(first.asked) == 4
    assert sorted(first.asked + second.asked) == sorted((c["method"], c["seed"]) for c in CELLS)
    assert [cell for cell, _ in whole.done] == shuffled
    assert [result["square"] for _, result in whole.done] == [4, 1, 0, 4, 1, 0]
    assert not whole.notes()


def test_a_torn_last_line_is_made_again_and_nothing_else(tmp_path):
    run_cells(CELLS, Counting(), tmp_path, quiet=True)
    file = tmp_path / "cells.jsonl"
    file.write_bytes(file.read_bytes()[:-9])
    again = Counting()
    assert len(run_cells(CELLS, again, tmp_path, quiet=True).done) == 6
    assert again.asked == [("b", 2)]
    assert [json.loads(line)["cell"]["seed"] for line in file.read_text().splitlines()] == [0, 1, 2, 0, 1, 2]


def test_a_damaged_line_is_named(tmp_path):
    run_cells(CELLS, Counting(), tmp_path, quiet=True)
    file = tmp_path / "cells.jsonl"
    lines = file.read_text().splitlines()
    file.write_text("\n".join([lines[0], lines[1][5:], *lines[2:]]) + "\n")
    with pytest.raises(DataError, match="line 2 is damaged"):
        run_cells(CELLS, Counting(), tmp_path, quiet=True)


def test_a_cell_that_fails_stops_no_other_and_is_tried_again(tmp_path):
    swept = run_cells(CELLS, Counting(bad=("a", 1)), tmp_path, quiet=True)
    assert [cell for cell, _ in swept.failed] == [{"method": "a", "seed": 1}]
    assert "RuntimeError: no such luck" in swept.notes()[0]
    again = Counting()
    assert not run_cells(CELLS, again, tmp_path, quiet=True).failed
    assert again.asked == [("a", 1)]


def test_when_every_cell_fails_the_reason_is_said(tmp_path):
    with pytest.raises(TuningforkError, match="every cell failed; the first: RuntimeError: no such luck"):
        run_cells(CELLS[:1], Counting(bad=("a", 0)), tmp_path, quiet=True)


def test_two_processes_cannot_fill_one_table(tmp_path):
    with only_writer(tmp_path, "filling a table"), pytest.raises(BusyError, match="filling a table"):
        run_cells(CELLS, Counting(), tmp_path, quiet=True)


def test_no_cell_begins_when_the_time_is_up(tmp_path):
    assert run_cells(CELLS, Counting(), tmp_path, minutes=0, quiet=True).left == 6


def test_the_log_says_which_cell_runs_and_what_is_left(tmp_path, capsys, monkeypatch):
    clock = SimpleNamespace(monotonic=count(step=2).__next__)  # two seconds from one look to the next
    monkeypatch.setattr("tuningfork.papers.sweep.time", clock)
    run_cells([{**cell, "data": "same"} for cell in CELLS], Counting(bad=("b", 0)), tmp_path)
    said = capsys.readouterr().err
    assert "cell 4 of 6: method b, seed 0" in said
    assert "data" not in said
    assert "failed: RuntimeError" in said
    assert [line.split("; ")[1] for line in said.splitlines() if "done" in line and "; " in line] == [
        f"about {2 * left} s left" for left in (5, 4, 3, 1)
    ]


def test_cells_of_no_time_tell_nothing_of_the_time_left(tmp_path, capsys):
    run_cells(CELLS, Counting(), tmp_path)
    assert "left" not in capsys.readouterr().err
