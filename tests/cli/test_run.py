"""Every failure is one line on standard error and the right exit code."""

import sys

import pytest
import typer

from tuningfork import errors
from tuningfork.cli import _verbs
from tuningfork.extras import install_command


@pytest.fixture
def failing(monkeypatch):
    """Let ``tuningfork doctor`` raise what is given."""

    def arrange(error: BaseException):
        app = typer.Typer(add_completion=False)

        @app.command()
        def doctor(
            debug: bool = typer.Option(False, "--debug"), as_json: bool = typer.Option(False, "--json")
        ):
            sys.stdout.write("a library chats\n")
            raise error

        monkeypatch.setattr("tuningfork.cli.doctor.app", app)

    return arrange


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (errors.TuningforkError("it broke", remedy="Mend it"), 1, "it broke. Mend it"),
        (errors.UsageError("not so"), 2, "not so"),
        (errors.ImageError("cut short", where="a.jpg"), 3, "a.jpg: cut short"),
        (KeyboardInterrupt(), 130, "stopped. What was finished is kept; the same command goes on from there"),
        (OSError(28, "No space left on device", "x.bin"), 1, "x.bin: No space left on device"),
        (
            OSError("a word of nobody's"),
            1,
            "unexpected OSError: a word of nobody's. Run it again with --debug and report what it shows",
        ),
        (SystemExit("a library gave up"), 1, "a library gave up"),
        (SystemExit(3), 3, ""),
        (
            ModuleNotFoundError("No module named 'lightly'", name="lightly"),
            1,
            f"lightly is not installed. Run: {install_command('train')}",
        ),
        (
            MemoryError(),
            1,
            "out of memory. Try a smaller batch (--batch or --batch-size), or close other programs",
        ),
    ],
)
def test_exit_codes_and_lines(tuningfork, failing, error, code, line):
    failing(error)
    ran = tuningfork("doctor")
    assert (ran.code, ran.err.strip()) == (code, line)


def test_an_unexpected_error_names_itself_on_one_line(tuningfork, failing):
    failing(ZeroDivisionError("division\nby zero"))
    ran = tuningfork("doctor")
    assert ran.code == 1
    assert ran.err.splitlines() == [
        "unexpected ZeroDivisionError: division by zero. Run it again with --debug and report what it shows"
    ]


def test_debug_shows_the_traceback(tuningfork, failing):
    failing(errors.ImageError("cut short"))
    ran = tuningfork("doctor", "--debug")
    assert "Traceback (most recent call last)" in ran.err
    assert ran.code == 3


def test_a_hostile_name_does_not_drive_the_terminal(tuningfork, failing):
    failing(errors.ImageError("cut short", where="\x1b]0;owned\x07.jpg"))
    assert "\x1b" not in tuningfork("doctor").err


def test_with_json_libraries_cannot_write_on_standard_output(tuningfork, failing):
    failing(errors.DataError("bad"))
    ran = tuningfork("doctor", "--json")
    assert ran.out == ""
    assert "a library chats" in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["serch"], "unknown command 'serch'. Did you mean search"),
        (
            ["search", "x", "--bogus"],
            "No such option: --bogus (Possible options: --columns, --out). See: tuningfork search --help",
        ),
        (
            ["collection", "creat"],
            "No such command 'creat'. Did you mean 'create'? See: tuningfork collection --help",
        ),
        (["collection", "info"], None),
        (["search", "x"], "nothing to search for. Give --id ID, --image FILE, or --ra and --dec"),
        (
            ["search", "x", "--id", "a", "--sheet", "a.txt"],
            "a.txt: a picture is written there. End its name in .png",
        ),
        (
            ["pretrain", "x", "--out", "y", "--leave-out", "split="],
            "--leave-out: 'split=' is not COLUMN=VALUE",
        ),
        (["embed", "x", "--precision", "int4"], "Invalid value for '--precision'"),
        (["label", "x", "--port", "99999"], "Invalid value for '--port'"),
    ],
)
def test_wrong_usage_is_two(tuningfork, words, said):
    ran = tuningfork(*words)
    assert ran.code == 2
    if said:
        assert ran.err.startswith(said)
        assert len(ran.err.splitlines()) == 1


def test_a_missing_collection_is_bad_data_with_the_remedy(tuningfork, tmp_path):
    ran = tuningfork("collection", "info", tmp_path)
    assert ran.code == 3
    assert len(ran.err.splitlines()) == 1
    assert "tuningfork collection create" in ran.err


def test_no_words_show_the_help(tuningfork):
    ran = tuningfork()
    assert ran.code == 2
    assert all(verb in ran.out + ran.err for verb in _verbs.VERBS)


@pytest.mark.parametrize("words", [(), ("collection",), ("embed",)], ids=" ".join)
def test_a_command_alone_shows_its_help_as_it_is_laid_out(tuningfork, words):
    assert tuningfork(*words).err.rstrip() == tuningfork(*words, "--help").out.rstrip()


def test_ctrl_c_before_a_verb_is_found_says_one_word(tuningfork, monkeypatch):
    def pressed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("tuningfork.cli._verbs._Verbs.parse_args", pressed)
    ran = tuningfork("doctor")
    assert (ran.code, ran.err.strip()) == (130, "stopped")
    monkeypatch.setattr("tuningfork.cli._run.run", pressed)
    ran = tuningfork("doctor")
    assert (ran.code, ran.err.strip()) == (130, "stopped")


def test_version(tuningfork):
    import tuningfork as package

    assert tuningfork("--version").out == f"tuningfork {package.__version__}\n"
