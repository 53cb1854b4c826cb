import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tuningfork.cli._console import StoppedError, emit, keeps, only_documents, printable, table


@dataclass
class Report:
    key: str
    done: int


def test_emit_writes_one_document_of_anything_a_report_holds(capsys):
    emit(
        {
            "path": Path("a/b"),
            "report": Report("k", 3),
            "vector": np.float32([1, np.nan]),
            "pair": (1, None),
            "é": np.int64(2),
        }
    )
    out = capsys.readouterr().out
    assert json.loads(out) == {
        "path": "a/b",
        "report": {"key": "k", "done": 3},
        "vector": [1.0, None],
        "pair": [1, None],
        "é": 2,
    }
    assert out.count("\n") == 1


def test_only_documents_reach_standard_output(capsys):
    with only_documents():
        sys.stdout.write("a library chats\n")
        emit([1])
    out, err = capsys.readouterr()
    assert (out, err) == ("[1]\n", "a library chats\n")


def test_ctrl_c_says_what_is_kept():
    with (
        pytest.raises(StoppedError, match=r"stopped\. The vectors are kept") as stopped,
        keeps("The vectors are kept"),
    ):
        raise KeyboardInterrupt
    assert stopped.value.exit_code == 130


def test_a_table_reads_nothing_as_markup_and_loses_nothing(capsys):
    long = "x" * 300
    table(("id", "n"), [("[red]M31[/red]", 12345), (f"\x1b[2J{long}", 1)])
    out = capsys.readouterr().out
    assert "[red]M31[/red]" in out
    assert "12,345" in out
    assert "\x1b" not in out
    assert out.count("x") == 300


def test_an_empty_table_has_its_heads(capsys):
    table(("id", "score"), [])
    assert capsys.readouterr().out.split()[:2] == ["id", "score"]


def test_printable_keeps_letters_of_all_scripts():
    assert printable("Ångström 星\n\x00") == "Ångström 星\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"
