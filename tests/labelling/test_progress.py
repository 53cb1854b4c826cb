from datetime import UTC, datetime, timedelta

from tuningfork.labelling import Question
from tuningfork.labelling.events import Event
from tuningfork.labelling.progress import progress_of


def given(answers, *, stream="hunt", every=2):
    start = datetime(2026, 11, 21, 10, tzinfo=UTC)
    events = []
    for i, answer in enumerate(answers):
        at = (start + timedelta(seconds=i * every)).isoformat(timespec="milliseconds")
        shown = {"stream": stream}
        events.append(Event(i, "c", i, at, "me", "answer", f"c/{i}", f"g{i}", answer, None, shown))
    return events


def test_counts_and_curve():
    told = progress_of(given(["yes", "no", "no", "junk", "yes"]), Question())
    assert (told["answers"], told["found"], told["found_last_50"]) == (5, 2, 2)
    assert told["by_answer"] == {"yes": 2, "no": 2, "maybe": 0, "junk": 1, "skip": 0}
    assert told["curve"] == [[0, 0], [1, 1], [2, 1], [3, 1], [4, 1], [5, 2]]
    assert told["seconds"] == 8
    assert told["rates"] == {"finds_per_100": 40.0, "answers_per_minute": 37.5}


def test_finds_in_the_last_fifty():
    told = progress_of(given(["yes"] * 10 + ["no"] * 45, every=1), Question())
    assert (told["found"], told["found_last_50"]) == (10, 5)


def test_examples_are_not_answers():
    told = progress_of(given(["yes", "yes"], stream="example") + given(["no"]), Question())
    assert (told["answers"], told["examples"], told["found"]) == (1, 2, 0)


def test_a_break_is_not_labelling():
    assert progress_of(given(["no"] * 3, every=61), Question())["seconds"] == 0


def test_a_long_curve_is_thinned_and_ends_at_the_end():
    told = progress_of(given(["yes"] * 1001, every=1), Question())
    assert len(told["curve"]) <= 202
    assert told["curve"][-1] == [1001, 1001]


def test_nothing_yet():
    told = progress_of([], Question())
    assert told["curve"] == [[0, 0]]
    assert told["rates"] == {"finds_per_100": None, "answers_per_minute": None}
