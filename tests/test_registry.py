import pytest

from tuningfork.errors import UnknownNameError
from tuningfork.registry import Registry


@pytest.fixture
def strategies() -> Registry:
    registry = Registry("strategy")

    @registry.register()
    def most_wanted():
        """The highest scores first.

        More words that are not the description.
        """

    registry.register("plain")(lambda: None)
    return registry


def test_a_function_is_registered_under_its_name_with_hyphens(strategies):
    assert list(strategies) == ["most-wanted", "plain"]
    assert strategies.get("most-wanted").__name__ == "most_wanted"
    assert "plain" in strategies
    assert len(strategies) == 2


def test_the_first_line_of_the_docstring_is_the_description(strategies):
    assert strategies.describe() == {"most-wanted": "The highest scores first.", "plain": ""}


def test_a_name_can_be_taken_once(strategies):
    with pytest.raises(ValueError, match="'plain' is registered already"):
        strategies.register("plain")(lambda: None)


def test_an_unknown_name_says_what_kind_it_should_be(strategies):
    with pytest.raises(UnknownNameError, match=r"unknown strategy 'most-wantd'.*most-wanted"):
        strategies.get("most-wantd")
