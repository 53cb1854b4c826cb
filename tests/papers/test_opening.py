"""How sweeps open."""

import pytest

from tuningfork.errors import UnknownNameError, UsageError
from tuningfork.papers.opening import data_key, only_one, say_hours, settings_named
from tuningfork.papers.trained import settings_in, told_of


def test_the_key_of_the_data_stays_what_finished_cells_were_kept_under():
    assert data_key("told", (b"rows", b"labels")) == "fc51e8a93ba4"


def test_settings_and_sources_are_refused_by_name():
    assert settings_named({"cpu": 1}, "cpu") == 1
    with pytest.raises(UnknownNameError, match="cpu"):
        settings_named({"cpu": 1}, "cpus")
    for sources in ((), ("a", "b")):
        with pytest.raises(UsageError, match="one labelled collection"):
            only_one(sources)


def test_a_cell_says_all_that_its_training_needs():
    cell = {"network": "timm:resnet18", "size": 64, "seen": 96, "rate": 1e-3, "batch": 32, "seed": 4}
    assert told_of(settings_in({**cell, "data": "x"})) == cell


def test_the_length_of_a_sweep_is_said_once(capsys):
    say_hours([{"s": 3600.0}, {"s": 1800.0}], lambda cell: cell["s"], quiet=False)
    say_hours([{"s": 3600.0}], lambda cell: cell["s"], quiet=True)
    assert capsys.readouterr().err == "2 cells, about 1.5 hours of one core\n"
