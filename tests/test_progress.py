import io
from types import SimpleNamespace

import pytest

from tuningfork import progress as module
from tuningfork.progress import duration, progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    """A clock that is moved by hand."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture
def terminal(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(module, "sys", SimpleNamespace(stderr=terminal))
    return terminal


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "0 s"), (59, "59 s"), (59.7, "1 min 00 s"), (125, "2 min 05 s"), (11400, "3 h 10 min")],
)
def test_duration(seconds, words):
    assert duration(seconds) == words


def test_a_line_has_count_rate_and_time_left(clock, terminal):
    with progress("embedding", 1000) as advance:
        clock.now = 10.0
        advance(100)
        assert "embedding: 100 of 1,000 galaxies, 10/s, 1 min 30 s left" in terminal.getvalue()
        clock.now = 100.0
        advance(900)
    assert terminal.getvalue().endswith("embedding: 1,000 of 1,000 galaxies, 10/s in 1 min 40 s\n")


def test_without_a_total_there_is_no_time_left(clock, terminal):
    with progress("reading", None, unit="files") as advance:
        clock.now = 2.0
        advance(4)
    assert "reading: 4 files, 2/s" in terminal.getvalue()
    assert "left" not in terminal.getvalue()


def test_a_short_job_leaves_no_line(clock, terminal):
    with progress("reading", 3) as advance:
        clock.now = 0.2
        advance(3)
    assert "\n" not in terminal.getvalue()


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO()])
def test_nothing_is_shown_when_quiet(clock, monkeypatch, stream):
    monkeypatch.setattr(module, "sys", SimpleNamespace(stderr=stream))
    with progress("embedding", 10, quiet=True) as advance:
        clock.now = 50.0
        advance(10)
    assert stream.getvalue() == ""


def test_into_a_file_a_line_comes_now_and_then(clock, monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(module, "sys", SimpleNamespace(stderr=stream))
    with progress("embedding", 5000) as advance:
        for second in range(1, 51):
            clock.now = float(second)
            advance(100)
    first, second, last = stream.getvalue().splitlines()
    assert first == "embedding: 2,100 of 5,000 galaxies, 100/s, 29 s left"
    assert second.startswith("embedding: 4,200 of")
    assert last == "embedding: 5,000 of 5,000 galaxies, 100/s in 50 s"
    stream.truncate(0)
    with progress("embedding", 10) as advance:  # what is over at once needs no line
        clock.now += 3
        advance(10)
    assert stream.getvalue().strip("\0") == ""


@pytest.mark.parametrize(
    ("done", "seconds", "said"),
    [(15, 60, "15/min"), (2, 3600, "2/h"), (15, 10, "1.5/s"), (9000, 3, "3,000/s")],
)
def test_a_slow_rate_is_told_in_a_unit_that_shows_it(clock, terminal, done, seconds, said):
    with progress("training", 20_000, unit="batches") as advance:
        clock.now = float(seconds)
        advance(done)
    assert f"batches, {said}" in terminal.getvalue()


def test_the_line_is_ended_when_the_job_fails(clock, terminal):
    def fail():
        with progress("embedding", 10) as advance:
            clock.now = 5.0
            advance(1)
            raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        fail()
    assert terminal.getvalue().endswith("embedding: 1 of 10 galaxies, 12/min in 5 s\n")
