"""demo and label: from a source to the page, and nothing twice."""

import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest

from tuningfork.cli._prepare import with_embeddings
from tuningfork.web.workbench import Example, Workbench


@pytest.fixture
def served(monkeypatch, tiny):
    """Serve nothing; remember what was asked for."""
    asked = []
    monkeypatch.setattr(
        "tuningfork.web.serve", lambda target, **how: asked.append((target, how)), raising=False
    )
    return asked


def test_demo_finds_embeds_and_serves(tuningfork, served, tmp_path, monkeypatch):
    from PIL import Image
    from skimage.data import hubble_deep_field

    monkeypatch.setattr("skimage.data.hubble_deep_field", lambda: hubble_deep_field()[:200, :200])
    ran = tuningfork("demo", "--out", tmp_path / "demo", "--no-browser")
    assert ran.code == 130, ran.err
    assert "go on with: tuningfork label" in ran.err
    with Image.open(tmp_path / "demo" / "hubble_deep_field.png") as picture:
        assert picture.size == (200, 200)
    ((target, how),) = served
    assert len(target) > 10
    assert how["open_browser"] is False

    again = tuningfork("demo", "--out", tmp_path / "demo", "--no-browser")
    assert "0 of them new" in again.err
    assert "embedded" not in again.err


def test_label_makes_a_collection_beside_the_person(tuningfork, served, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = tuningfork("label", folder, "--port", 0)
    assert ran.code == 130, ran.err
    made = tmp_path / f"{folder.name}.tuningfork"
    assert (made / "collection.toml").is_file()
    assert f"collection: {made}\n" in ran.err  # whole: it lies where the command was started
    assert "1 could not be imported" in ran.err


def test_label_opens_a_collection_where_it_is(tuningfork, served, embedded, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    assert tuningfork("label", embedded, "-q").code == 130
    assert sorted(tmp_path.iterdir()) == before
    assert str(served[0][0].path) == str(embedded)


def test_label_puts_vectors_of_several_encoders_side_by_side(tuningfork, served, embedded):
    from tuningfork.labelling import create_session

    ran = tuningfork("label", embedded, "--encoder", "tiny", "--encoder", "measured", "-q")
    assert ran.code == 130, ran.err
    ((collection, how),) = served
    keys = how["encoder"].split(" + ")
    assert [key.partition("-")[0] for key in keys] == ["tiny", "measured"]
    session = create_session(collection, encoder=how["encoder"])
    assert session.encoder_keys == tuple(keys)
    session.close()
    bench = Workbench(collection, encoder=how["encoder"])
    nearest = bench.nearest([Example(galaxy=bench.gallery(0, 1)[0])], 2)
    assert len(nearest) == 2


def test_label_gives_the_audit_a_share(tuningfork, served, embedded):
    from tuningfork.labelling import create_session

    assert tuningfork("label", embedded, "--audit", "0.2").code == 130
    assert served[0][1]["streams"].audit == 0.2
    create_session(str(embedded), name="merging").close()
    tuningfork("label", embedded, "--audit", "0.3", "--session", "merging")
    assert served[1][0].settings.streams.audit == 0.3
    assert tuningfork("label", embedded, "--audit", "1.2").code == 2
    assert tuningfork("label", embedded, "--audit", "0.95").code == 2  # with the usual shares it is above 1


def test_label_goes_on_with_a_session(tuningfork, served, embedded):
    from tuningfork.labelling import create_session

    create_session(str(embedded), name="mergers")
    assert tuningfork("label", embedded, "--session", "mergers").code == 130
    assert served[0][0].name == "mergers"
    wrong = tuningfork("label", embedded, "--session", "merger")
    assert (wrong.code, "mergers" in wrong.err) == (2, True)


def test_label_asks_a_question_file_and_goes_on_with_it(tuningfork, served, embedded):
    ran = tuningfork(
        "label", embedded, "--question", "gz-decals", "--looking-for", "bar.strong,bar.weak", "-q"
    )
    assert ran.code == 130, ran.err
    ran = tuningfork(
        "label", embedded, "--question", "gz-decals", "--looking-for", "bar.strong,bar.weak", "-q"
    )
    assert ran.code == 130, ran.err
    assert [target.name for target, _ in served] == ["gz-decals", "gz-decals"]
    assert served[1][0].question.positive == "bar: strong or bar: weak"
    other = tuningfork("label", embedded, "--question", "gz-decals", "-q")
    assert other.code == 2
    assert "asks something else" in other.err
    assert tuningfork("label", embedded, "--question", "gz-decal", "-q").code == 2
    assert tuningfork("label", embedded, "--looking-for", "bar.strong", "-q").code == 2
    assert len(served) == 2


@pytest.mark.parametrize("done", [0, 3])
def test_what_an_encoder_remarks_is_said_when_it_ran(monkeypatch, capsys, done):
    report = SimpleNamespace(key="k-1", done=done, remarks=("blue is taken for green",))
    monkeypatch.setattr("tuningfork.embeddings.embed", lambda *_, **__: report)
    assert with_embeddings(None, "k", quiet=False) == "k-1"
    said = "blue is taken for green\n3 galaxies embedded with k-1\n"
    assert capsys.readouterr().err == (said if done else "")


def test_label_of_nothing(tuningfork, tmp_path):
    ran = tuningfork("label", tmp_path / "absent")
    assert (ran.code, "there is nothing here" in ran.err) == (3, True)


@pytest.mark.parametrize(
    ("display", "opens"), [({}, False), ({"DISPLAY": ":0"}, True), ({"WAYLAND_DISPLAY": "w"}, True)]
)
def test_a_browser_opens_only_where_there_is_a_display(
    tuningfork, served, embedded, monkeypatch, display, opens
):
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in display.items():
        monkeypatch.setenv(name, value)
    tuningfork("label", embedded)
    assert served[0][1]["open_browser"] is opens


@pytest.mark.parametrize("stop", ["SIGINT", "SIGTERM"])
def test_the_real_page_is_linked_answers_and_ends_when_stopped(embedded, stop):
    """The link ends a line on standard error; to be stopped is an orderly end, in the background too."""
    script = (
        "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"  # as a shell does for its background
        "import sys; sys.path.insert(0, sys.argv.pop(1))\n"
        "from conftest import _tiny\n"
        "from tuningfork.encoders.names import encoders\n"
        "encoders._entries['lvm-tiny'] = _tiny\n"
        "from tuningfork.cli import main\n"
        "sys.exit(main())\n"
    )
    here = str(Path(__file__).parent)
    process = subprocess.Popen(
        [sys.executable, "-c", script, here, "label", str(embedded), "--port", "0", "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        link = next(line.split()[-1] for line in process.stderr if "http://127.0.0.1:" in line)
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with browser.open(link, timeout=30) as reply:
            assert reply.status == 200
        process.send_signal(getattr(signal, stop))
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 130
    assert out == ""
    assert re.search(r"Every answer is kept; go on with: tuningfork label", err)
    assert "Traceback" not in err


def test_label_names_the_command_that_takes_a_catalogue(tuningfork, served, folder, tmp_path):
    here = tmp_path / "my stamps"
    shutil.copytree(folder, here)
    (here / "second.csv").write_text("id,kind\ng00,flat\n")
    out = tmp_path / "a b"
    ran = tuningfork("label", here, "--out", out, "--no-browser")
    assert ran.code == 3
    last = ran.err.splitlines()[-1]
    assert last.endswith(f"--catalogue, in: tuningfork collection create '{here}' --out '{out}'")
    assert not served


def test_label_says_when_an_import_never_ended(tuningfork, served, folder, tmp_path):
    out = tmp_path / "galaxies"
    tuningfork("collection", "create", folder, "--out", out, "--quiet")
    whole = tuningfork("label", out, "--encoder", "tiny", "--no-browser")
    assert "never ended" not in whole.err
    settings = out / "collection.toml"
    text = settings.read_text()
    assert "complete = true" in text
    settings.write_text(text.replace("complete = true", "complete = false"))
    broken = tuningfork("label", out, "--encoder", "tiny", "--no-browser")
    assert "12 galaxies here, but the import never ended" in broken.err


def test_label_takes_only_files_of_a_name(tuningfork, served, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = tuningfork("label", folder, "--only", "g0*.png")
    assert ran.code == 130, ran.err
    assert "images that --only passes over: 3\n10 galaxies, 10 of them new" in ran.err
    made = f"{folder.name}.tuningfork"
    assert "this is a collection already" in tuningfork("label", made, "--only", "*.png").err


def test_label_here_tells_where_the_collection_lies_and_never_eats_it(
    tuningfork, served, folder, tmp_path, monkeypatch
):
    here = tmp_path / "stamps"
    shutil.copytree(folder, here)
    monkeypatch.chdir(here)
    told = f"collection: {here / 'stamps.tuningfork'} (among your images, never taken for one of them; "
    first = tuningfork("label", ".")
    assert (first.code, first.err.count(told)) == (130, 1), first.err
    before = (here / "stamps.tuningfork" / "rejected.csv").read_text()
    (here / "stamps.tuningfork" / "sheet.png").write_bytes((here / "g00.png").read_bytes())
    again = tuningfork("label", ".")
    assert "12 galaxies, 0 of them new" in again.err
    assert (here / "stamps.tuningfork" / "rejected.csv").read_text() == before
    assert not list(here.rglob("*.tuningfork/*.tuningfork"))


def test_where_no_answer_could_be_kept_the_copy_is_told(tuningfork, served, embedded, monkeypatch):
    monkeypatch.setattr("tuningfork.labelling.read_only.os.access", lambda _, mode: mode == os.R_OK)
    ran = tuningfork("label", embedded)
    assert (ran.code, served) == (2, [])
    copy = f"~/{embedded.name}-copy"
    assert f"cp -r {embedded} {copy} && chmod -R u+w {copy} && tuningfork label {copy}" in ran.err
