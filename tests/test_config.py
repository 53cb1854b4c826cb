from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tuningfork.config import from_table, read_toml, to_table, to_toml
from tuningfork.errors import UnknownNameError, UsageError


@dataclass(frozen=True)
class Inner:
    rate: float = 0.1
    steps: tuple[int, ...] = (1, 2)


@dataclass(frozen=True)
class Outer:
    name: str
    size: int = 3
    fast: bool = False
    folder: Path | None = None
    seed: int | None = None
    inner: Inner = field(default_factory=Inner)


def test_there_and_back_through_a_file(tmp_path):
    given_one = Outer(name='a "quoted" name\n\x07', size=7, fast=True, inner=Inner(rate=1e-5, steps=(4,)))
    file = tmp_path / "run.toml"
    file.write_text(to_toml(to_table(given_one)))
    assert from_table(Outer, read_toml(file)) == given_one


def test_none_is_left_out():
    assert "seed" not in to_table(Outer(name="a"))


def test_an_unknown_key_is_refused_with_the_nearest():
    with pytest.raises(UnknownNameError, match=r"run\.toml: unknown setting 'sise'. Did you mean size"):
        from_table(Outer, {"name": "a", "sise": 3}, where="run.toml")


def test_an_unknown_key_of_an_inner_table_is_refused():
    with pytest.raises(UnknownNameError, match="unknown setting 'rat'"):
        from_table(Outer, {"name": "a", "inner": {"rat": 3}})


@pytest.mark.parametrize(
    "wrong", [{"size": "3"}, {"size": True}, {"size": 1.5}, {"fast": 1}, {"name": 3}, {"seed": "x"}]
)
def test_a_value_of_the_wrong_type_is_refused(wrong):
    with pytest.raises(UsageError, match=f"'{next(iter(wrong))}' must be"):
        from_table(Outer, {"name": "a", **wrong})


def test_a_whole_number_serves_as_a_float():
    assert from_table(Inner, {"rate": 1}) == Inner(rate=1.0)


def test_a_broken_file_is_named(tmp_path):
    (tmp_path / "bad.toml").write_text("a = = 1")
    with pytest.raises(UsageError, match=r"bad\.toml: not a valid TOML file"):
        read_toml(tmp_path / "bad.toml")


plain = st.one_of(st.booleans(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False), st.text())
text = st.characters(exclude_categories=["Cs"])


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.recursive(
        st.dictionaries(st.text(text, min_size=1), st.one_of(plain, st.lists(st.text(text)))),
        lambda inner: st.dictionaries(st.text(text, min_size=1), inner, max_size=3),
        max_leaves=4,
    )
)
def test_any_table_survives_toml(table):
    import tomllib

    assert tomllib.loads(to_toml(table)) == table
