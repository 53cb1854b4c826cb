import pytest

from tuningfork import errors
from tuningfork.errors import DataError, ImageError, TuningforkError, UnknownNameError, UsageError


def test_an_error_is_one_line_of_place_fault_and_mend():
    error = ImageError("cut short\n  in the middle", where="a.jpg", remedy="Fetch it again")
    assert str(error) == "a.jpg: cut short in the middle. Fetch it again"
    assert (error.what, error.where, error.remedy) == (
        "cut short\n  in the middle",
        "a.jpg",
        "Fetch it again",
    )


def test_place_and_mend_may_be_absent():
    assert str(TuningforkError("no space left")) == "no space left"


@pytest.mark.parametrize(
    ("kind", "code"), [(TuningforkError, 1), (UsageError, 2), (DataError, 3), (errors.BusyError, 1)]
)
def test_exit_codes(kind, code):
    assert kind("x").exit_code == code


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_belongs_to_the_tree(name):
    assert issubclass(getattr(errors, name), TuningforkError)


def test_an_unknown_name_gets_the_nearest_ones():
    error = UnknownNameError("encoder", "lvm-tinny", ["lvm-tiny", "lvm-base", "resnet"])
    assert "unknown encoder 'lvm-tinny'" in str(error)
    assert "Did you mean lvm-tiny" in str(error)
    assert error.exit_code == 2


def test_an_unknown_name_unlike_all_others_gets_the_list():
    known = [f"column{number}" for number in range(12)]
    said = str(UnknownNameError("column", "zzz", known))
    assert "Known: column0" in said
    assert said.endswith(", ...")


def test_an_unknown_name_where_nothing_is_known():
    assert "There is no session yet" in str(UnknownNameError("session", "a", []))
