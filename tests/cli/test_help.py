"""Help is quick, complete, and its examples are commands that exist."""

import ast
import inspect
import os
import shlex
import subprocess
import sys
import textwrap

import pytest

from tuningfork.cli._verbs import command, commands

GROUPS = {tuple(words[:1]) for words in commands() if len(words) == 2}
LEAVES = [words for words in commands() if tuple(words) not in GROUPS]
INTERACTIVE = [["demo"], ["label"]]


def leaf(words: list[str]):
    """The command object of ``["collection", "create"]``."""
    found = command()
    for word in words:
        found = found.get_command(None, word)
    return found


def test_help_takes_less_than_a_third_of_a_second():
    """In processor time, so that a busy machine does not count."""

    def once() -> float:
        before = os.times()
        subprocess.run([sys.executable, "-m", "tuningfork", "--help"], capture_output=True, check=True)
        after = os.times()
        return after.children_user - before.children_user + after.children_system - before.children_system

    assert min(once() for _ in range(5)) < 0.3


def test_help_of_all_verbs_imports_no_engine():
    heavy = ["torch", "lance", "flask", "astropy", "numpy", "cv2", "sqlalchemy", "pyarrow", "sklearn"]
    code = (
        "import sys; from tuningfork.cli._verbs import commands; commands();"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_command_has_an_example_that_parses(words):
    found = leaf(words)
    example = found.help.split("Example: ", 1)[1].split("\n")[0]
    given = shlex.split(example)
    assert given[: 1 + len(words)] == ["tuningfork", *words]
    found.make_context(" ".join(words), given[1 + len(words) :])


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_command_has_debug_and_all_but_the_page_have_json(words):
    options = {name for parameter in leaf(words).params for name in parameter.opts}
    assert "--debug" in options
    assert ("--json" in options) == (words not in INTERACTIVE)


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_option_says_what_it_does(words):
    for parameter in leaf(words).params:
        assert parameter.help, parameter.name


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_option_is_passed_on_and_to_the_argument_of_its_name(words):
    """An option that a command forgets, or gives in the place of another, looks as if it worked."""
    command = inspect.unwrap(leaf(words).callback)
    body = ast.parse(textwrap.dedent(inspect.getsource(command))).body[0].body
    options = set(inspect.signature(command).parameters) - {"debug"}  # cli/_run.py reads that one
    assert options <= set().union(*map(_read, body))
    given = [keyword for part in body for keyword in ast.walk(part) if isinstance(keyword, ast.keyword)]
    named = {k.arg: _read(k.value) & options for k in given if k.arg in options}
    assert {name: read for name, read in named.items() if read and name not in read} == {}


def _read(part) -> set[str]:
    """The names that a piece of code reads."""
    return {n.id for n in ast.walk(part) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


@pytest.mark.parametrize("words", [(), *sorted(GROUPS)], ids=" ".join)
def test_no_summary_is_cut_off(tuningfork, words):
    ran = tuningfork(*words, "--help")
    assert ran.code == 0
    assert "..." not in ran.out.split("Commands:")[1]
