"""What a wrong start says, and that it leaves nothing behind."""

import socket

import pytest


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder, in which the command is started."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def _empty(folder):
    pass


def _text(folder):
    (folder / "notes.txt").write_text("no galaxy")


@pytest.mark.parametrize("fill", [_empty, _text])
def test_a_folder_without_images_leaves_no_collection(tuningfork, here, tmp_path, fill):
    (tmp_path / "given").mkdir()
    fill(tmp_path / "given")
    ran = tuningfork("label", tmp_path / "given")
    assert ran.code == 3
    assert "there are no images here. Give a folder" in ran.err
    assert not list(here.iterdir())


def test_a_table_is_told_where_it_belongs(tuningfork, here, tmp_path):
    (tmp_path / "labels.csv").write_text("id,kind\na,disc\n")
    ran = tuningfork("label", tmp_path / "labels.csv")
    assert ran.code == 3
    assert "this is a table without images" in ran.err
    assert f"tuningfork collection join DIR {tmp_path}/labels.csv" in ran.err
    assert not list(here.iterdir())


def test_a_taken_port_is_told_before_anything_is_made(tuningfork, here, folder):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        for words in (("label", folder), ("demo",)):
            ran = tuningfork(*words, "--port", port)
            assert (ran.code, f"port {port} cannot be used" in ran.err) == (1, True)
    assert not list(here.iterdir())


def test_images_that_cannot_be_read_are_written_down(tuningfork, here, tmp_path):
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "cut.jpg").write_bytes(b"\xff\xd8\xff")
    assert tuningfork("label", tmp_path / "given").code == 3
    assert (here / "given.tuningfork" / "rejected.csv").is_file()


def test_a_run_that_is_not_there_is_not_an_unfinished_one(tuningfork, here):
    ran = tuningfork("report", "runs/nosuch")
    assert (ran.code, ran.err.partition(". ")[0]) == (3, "runs/nosuch: there is no such run")


def test_an_empty_manifest_is_damaged_not_new(tuningfork, galaxies):
    (galaxies / "collection.toml").write_text("")
    ran = tuningfork("collection", "info", galaxies)
    assert ran.code == 3
    assert "damaged (it says no format)" in ran.err
    assert "Update" not in ran.err


def test_advice_to_free_space_is_for_full_disks(tuningfork, folder):
    ran = tuningfork("collection", "create", folder, "--out", "/proc/x")
    assert ran.code == 1
    assert ran.err.strip().endswith("Choose another place")


def test_where_nothing_is_wrong_there_is_no_advice(tuningfork):
    found = tuningfork("doctor", "--json").json["checks"]
    assert found
    assert not [one["name"] for one in found if one["works"] and one["remedy"]]
