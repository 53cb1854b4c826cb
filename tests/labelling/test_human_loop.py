"""The loop as plain commands: numbers of a sheet become answers in the session's own log."""

import cv2
import numpy as np
import pyarrow as pa
import pytest

import tuningfork as tf
from tests.labelling.conftest import FakeCollection as Vectors
from tuningfork.errors import TuningforkError, UnknownNameError, UsageError


@pytest.fixture
def galaxies(tmp_path):
    """A real collection of 40 drawn galaxies, every fifth one round, with made vectors."""
    (tmp_path / "images").mkdir()
    y, x = np.mgrid[:32, :32] - 16
    for row in range(40):
        blob = 255 * np.exp(-((x / 6) ** 2) - (y / (6 if row % 5 == 0 else 2)) ** 2)
        kind = "round" if row % 5 == 0 else "flat"
        cv2.imwrite(str(tmp_path / "images" / f"{kind}-{row:02d}.png"), blob.astype(np.uint8))
    made = tf.create_collection(tmp_path / "images", tmp_path / "galaxies", quiet=True).collection
    ids = [str(i) for i in made.ids()]
    rng = np.random.default_rng(0)
    round_ones = np.array([i.startswith("round") for i in ids])
    vectors = (rng.normal(size=(40, 8)) + 3 * round_ones[:, None]).astype(np.float32)
    made.vector_table("made-0000").append(ids, vectors, {"encoder": "made", "created": "2026-01-01"})
    return made


@pytest.fixture
def loop(galaxies):
    made = tf.human_loop(galaxies, "round", question="Is it round?", examples=["round-00"])
    yield made
    made.close()


def test_the_commands_of_a_notebook(loop, galaxies, tmp_path):
    sheet = loop.ask(6)
    assert len(sheet) == 6
    picture = cv2.imdecode(np.frombuffer(sheet._repr_jpeg_(), np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape[1] >= 6 * 128
    finds = [n for n, i in enumerate(sheet.ids, 1) if i.startswith("round")]
    assert len(finds) >= 4  # one example was enough
    told = loop.answer("yes", *finds)
    assert told == {"answers": len(finds), "found": len(finds), "left": 6 - len(finds)}
    assert loop.answer("no")["left"] == 0
    assert loop.undo()["left"] == 6 - len(finds)
    assert loop.redo()["left"] == 0
    assert not set(loop.ask(6).ids) & set(sheet.ids)
    best = loop.rank(8)
    assert list(best["rank"]) == sorted(best["rank"])
    assert sum(i.startswith("round") for i in best["id"]) >= 7
    assert len(loop.show(5)) == len(loop.similar("round-05", 5)) == 5
    assert loop.estimate()["found"] == len(finds) + 1
    assert len(loop.export(tmp_path / "round.fits")) == 7
    table = loop.table()
    assert set(table["label"]) == {"yes", "no"}
    assert table.meta["question"] == "Is it round?"
    shown = {e.galaxy_id: e.shown for e in loop.session.events()}[sheet.ids[2]]
    assert (shown["view"], shown["position"], shown["stream"] in ("hunt", "audit", "explore")) == (
        "sheet",
        2,
        True,
    )


def test_what_is_left_unanswered_comes_again(loop):
    first = loop.ask(4).ids
    assert loop.ask(4).ids == first
    loop.answer("no", first[1])  # by its id
    assert loop.session.labels()[first[1]] == "no"
    assert first[1] not in loop.ask(4).ids


def test_a_session_is_found_again(loop, galaxies):
    loop.ask(3)
    loop.answer("maybe")
    again = tf.human_loop(galaxies.path, "round", question="Is it round?", examples=["flat-01"])
    assert again.session.labels() == loop.session.labels()  # examples count once
    again.close()
    with pytest.raises(UsageError, match="asks 'Is it round"):
        tf.human_loop(galaxies, "round", question="Is it flat?")
    with pytest.raises(UsageError, match="has its settings already"):
        tf.human_loop(galaxies, "round", strategy="random")


@pytest.mark.parametrize(
    ("answer", "which", "error", "words"),
    [
        ("yes", (7,), UsageError, "number 7: 1 to 3 are up"),
        ("yes", (0,), UsageError, "number 0"),
        ("yes", (True,), UsageError, "number True"),
        ("yes", (1.5,), UsageError, "number 1.5"),
        ("yes", ("none-here",), UnknownNameError, "none-here"),
        ("perhaps", (1,), TuningforkError, "perhaps"),
    ],
)
def test_bad_answers_are_one_line_and_change_nothing(loop, answer, which, error, words):
    loop.ask(3)
    before = loop.session.labels()
    with pytest.raises(error, match=words):
        loop.answer(answer, *which)
    assert loop.session.labels() == before
    assert loop.answer("no", 1)["answers"] == 1


def test_nothing_up_is_one_line(tmp_path):
    loop = tf.human_loop(Vectors(tmp_path / "c"), "bare")
    with pytest.raises(UsageError, match="nothing is up"):
        loop.answer("no")
    with pytest.raises(UsageError, match="nothing is up"):
        loop.answer("no", 1)
    loop.close()


def test_tables_of_astropy_come_in_and_go_out(galaxies, tmp_path):
    from astropy.coordinates import SkyCoord
    from astropy.table import MaskedColumn, QTable

    ids = [str(i) for i in galaxies.ids()]
    table = QTable({"id": ids, "place": SkyCoord(np.arange(40.0), 10.0, unit="deg"), "size": np.arange(40.0)})
    table["size"].unit = "arcsec"
    table["z"] = MaskedColumn(np.arange(40) / 10, mask=np.arange(40) % 2 == 0)
    made = tf.create_collection(
        tmp_path / "images", tmp_path / "with", catalogue=table, quiet=True
    ).collection
    back = tf.to_astropy(made.catalogue(["id", "ra", "dec", "size", "z"]))
    order = np.argsort(back["ra"])
    assert list(back["id"][order]) == ids
    np.testing.assert_allclose(back["dec"], 10.0)
    assert back["z"].mask.sum() == 20
    from tuningfork.collection import join_catalogue
    from tuningfork.collection.sky import match_sky

    join_catalogue(galaxies, table["id", "z"])
    joined = tf.Collection.open(galaxies.path).catalogue(["z"])
    assert joined["z"].null_count == 20
    near = QTable({"where": SkyCoord([3.0001], [10.0], unit="deg"), "name": ["x"]})
    assert match_sky(made, near, arcsec=2)["other_name"].to_pylist() == ["x"]


def test_two_columns_of_one_name_are_refused():
    from astropy.coordinates import SkyCoord
    from astropy.table import Table

    from tuningfork.collection import arrow_table

    table = Table({"ra": [1.0], "place": SkyCoord([2.0], [3.0], unit="deg")})
    with pytest.raises(TuningforkError, match="two columns are called 'ra'"):
        arrow_table(table)
    assert arrow_table(pa.table({"a": [1]})).column_names == ["a"]
