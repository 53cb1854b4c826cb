"""What check flags, and that quarantine moves nothing."""

import cv2
import numpy as np
import pytest

from tests.collection.made import galaxy, write_jpegs
from tuningfork.cli._run import run
from tuningfork.collection import Collection, create_collection
from tuningfork.tasks.doctor import check_collection


@pytest.fixture
def spoiled(tmp_path):
    folder = tmp_path / "in"
    write_jpegs(folder, 6)
    black = galaxy(50)
    black[24:] = 0
    for name, picture in {
        "blank": np.full((48, 48, 3), 40, np.uint8),
        "half": black,
        "tiny": galaxy(51)[:5, :5],
        "white": np.maximum(galaxy(52), np.where(np.arange(48) < 10, 255, 0).astype(np.uint8)[:, None, None]),
    }.items():
        cv2.imwrite(str(folder / f"{name}.png"), picture)
    (folder / "twin.jpg").write_bytes((folder / "g002.jpg").read_bytes())
    (folder / "cat.csv").write_text(
        "id,ra,dec\n"
        + "".join(f"g00{k},{10 + k},0\n" for k in range(4))
        + "g004,10.0,0.0002\ng005,,\n"  # 0.72 arcsec from g000
        + "".join(f"{name},,\n" for name in ("blank", "half", "tiny", "white", "twin"))
    )
    return create_collection(folder, tmp_path / "out", quiet=True).collection


EXPECTED = [
    ("g004", "same_position"),
    ("blank", "blank"),
    ("half", "half_black"),
    ("tiny", "tiny"),
    ("white", "saturated"),
    ("twin", "duplicate"),
]


def test_each_flaw_is_found_once_and_nothing_else(spoiled):
    report = check_collection(spoiled, quiet=True)
    assert [(galaxy, flag) for galaxy, flag, _ in report.found] == EXPECTED
    assert report.galaxies == 11
    assert report.flags == {flag: 1 for _, flag in sorted(EXPECTED, key=lambda e: e[1])}
    details = {galaxy: detail for galaxy, _, detail in report.found}
    assert "g002" in details["twin"]
    assert "g000" in details["g004"]
    assert not spoiled.flagged().any()


def test_quarantine_flags_and_moves_nothing(spoiled):
    before = spoiled.catalogue().drop_columns(["flags"])
    check_collection(spoiled, quarantine=True, quiet=True)
    after = Collection.open(spoiled.path)
    assert after.ids()[after.flagged()].tolist() == [galaxy for galaxy, _ in EXPECTED]
    assert after.catalogue().drop_columns(["flags"]).equals(before)
    assert after.info()["flags"]["duplicate"] == 1
    np.testing.assert_array_equal(after.pixels([3])[0], spoiled.pixels([3])[0])
    again = check_collection(after, quarantine=True, quiet=True)
    assert again.flags == check_collection(spoiled, quiet=True).flags


def test_flags_that_one_does_not_agree_with_are_taken_away(spoiled, capsys):
    check_collection(spoiled, quarantine=True, quiet=True)
    place = str(spoiled.path)
    assert run(["collection", "release", place, "--id", "twin", "--id", "white", "--kinds", "saturated"]) == 0
    still = [galaxy for galaxy, _ in EXPECTED if galaxy != "white"]
    assert Collection.open(spoiled.path).ids()[Collection.open(spoiled.path).flagged()].tolist() == still
    assert run(["collection", "release", place, "--id", "nobody"]) != 0
    assert "nobody" in capsys.readouterr().err
    assert run(["collection", "release", place, "--kinds", "blnk"]) != 0
    assert "blank" in capsys.readouterr().err
    assert Collection.open(spoiled.path).flagged().sum() == 5
    assert run(["collection", "release", place, "-q"]) == 0
    assert not Collection.open(spoiled.path).flagged().any()


def test_galaxies_added_later_are_not_flagged(spoiled, tmp_path):
    check_collection(spoiled, quarantine=True, quiet=True)
    write_jpegs(tmp_path / "in", 1, start=9)
    text = (tmp_path / "in" / "cat.csv").read_text()
    (tmp_path / "in" / "cat.csv").write_text(text + "g009,,\n")
    more = create_collection(tmp_path / "in", tmp_path / "out", quiet=True)
    assert more.added == 1
    assert more.collection.flagged().sum() == 6
    assert not more.collection.flagged()[-1]


def test_a_damaged_stamp_is_flagged_not_fatal(spoiled, monkeypatch):
    real = Collection._stamps
    monkeypatch.setattr(
        Collection,
        "_stamps",
        lambda self, rows: [
            (i, b"rubbish" if i == "g001" else None if i == "g003" else s, f) for i, s, f in real(self, rows)
        ],
    )
    report = check_collection(spoiled, quiet=True)
    assert ("g001", "undecodable") in [found[:2] for found in report.found]
    assert ("g003", "missing") in [found[:2] for found in report.found]


def test_a_kill_between_the_two_steps_of_flagging_loses_only_flags(spoiled):
    import lance

    lance.dataset(str(spoiled.path / "galaxies.lance")).drop_columns(["flags"])
    opened = Collection.open(spoiled.path)
    assert not opened.flagged().any()
    assert opened.info()["flags"] == {}
    check_collection(opened, quarantine=True, quiet=True)
    assert Collection.open(spoiled.path).flagged().sum() == 6


@pytest.mark.realdata
def test_the_error_message_among_galaxy_zoo_is_found(survey_data, tmp_path):
    picture = survey_data / "gz1" / "images" / "587729387686002878.jpg"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / picture.name).write_bytes(picture.read_bytes())
    collection = create_collection(tmp_path / "in", tmp_path / "out", quiet=True).collection
    assert "half_black" in check_collection(collection, quiet=True).flags
