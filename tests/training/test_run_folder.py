import pytest

from tuningfork.config import read_toml
from tuningfork.errors import UsageError
from tuningfork.training import RunFolder


def test_what_was_asked_is_written_and_other_settings_are_refused(tmp_path):
    run = RunFolder(tmp_path / "run", {"epochs": 3, "sizes": (1, 2), "none": None})
    assert read_toml(run.path / "run.toml")["settings"] == {"epochs": 3, "sizes": [1, 2]}
    # nothing was learnt yet, as when a teacher's name was wrong: the folder is free
    RunFolder(tmp_path / "run", {"epochs": 5, "sizes": (1, 2)})
    run = RunFolder(tmp_path / "run", {"epochs": 3, "sizes": (1, 2), "none": None})
    run.checkpoint.touch()
    RunFolder(tmp_path / "run", {"epochs": 3, "sizes": (1, 2), "none": None})
    with pytest.raises(UsageError, match="epochs"):
        RunFolder(tmp_path / "run", {"epochs": 4, "sizes": (1, 2)})


def test_a_finished_run_is_never_overwritten(tmp_path):
    run = RunFolder(tmp_path / "run", {})
    run.finish()
    with pytest.raises(UsageError, match="finished"):
        RunFolder(tmp_path / "run", {})


def test_metrics_are_one_table(tmp_path):
    run = RunFolder(tmp_path / "run", {})
    run.log({"epoch": 1, "loss": 0.5})
    run.log({"epoch": 2, "loss": 0.25})
    assert (run.path / "metrics.csv").read_text() == "epoch,loss\n1,0.5\n2,0.25\n"


def test_an_epoch_has_one_line_and_new_columns_stay_empty_before(tmp_path):
    run = RunFolder(tmp_path / "run", {})
    run.log({"epoch": 1, "loss": 0.5})
    run.log({"epoch": 2, "loss": 0.25})
    run.log({"epoch": 2, "loss": 0.125, "waiting": 0.5})
    assert (run.path / "metrics.csv").read_text() == "epoch,loss,waiting\n1,0.5,\n2,0.125,0.5\n"
