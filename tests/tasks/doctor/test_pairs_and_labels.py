"""Doubles within and across collections, leaks of a split, labels in doubt, and the page that shows them."""

import itertools
import json
import re

import cv2
import numpy as np
import pytest
from skimage.data import hubble_deep_field

from tuningfork.cli._run import run
from tuningfork.collection import Collection, create_collection
from tuningfork.collection.quarantine import write_flags
from tuningfork.errors import TuningforkError, UnknownNameError
from tuningfork.images import cut_out, find_sources
from tuningfork.tasks.doctor import KINDS, check_collection, write_report
from tuningfork.tasks.doctor.labels import doubtful_labels

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def stamps() -> list[np.ndarray]:
    field = np.ascontiguousarray(hubble_deep_field()[..., ::-1])
    return [cut_out(field, source, least=96) for source in find_sources(field, min_pixels=80)[:16]]


@pytest.fixture
def doubled(stamps, tmp_path):
    """Fourteen galaxies; g03 stands again turned, g05 in another folder."""
    folder, other = tmp_path / "in", tmp_path / "other"
    folder.mkdir()
    other.mkdir()
    rows = []
    for k, stamp in enumerate(stamps[:14]):
        cv2.imwrite(str(folder / f"g{k:02d}.png"), stamp)
        rows.append(f"g{k:02d},g{k:02d}.png,train,{HOSTILE if k == 0 else 'x'}")
    cv2.imwrite(str(folder / "twin.png"), np.rot90(stamps[3])[:, ::-1])
    rows.append("twin,twin.png,val,x")
    (folder / "catalogue.csv").write_text("id,file,split,name\n" + "\n".join(rows) + "\n")
    cv2.imwrite(str(other / "elsewhere.jpg"), stamps[5], [cv2.IMWRITE_JPEG_QUALITY, 80])
    cv2.imwrite(str(other / "nobody.png"), stamps[15])
    return (
        create_collection(folder, tmp_path / "out", quiet=True).collection,
        create_collection(other, tmp_path / "second", quiet=True).collection,
    )


def _of(report, kind):
    return {finding.id: finding for finding in report.findings if finding.kind == kind}


def test_doubles_are_found_here_and_there_and_between_the_parts(doubled):
    here, there = doubled
    report = check_collection(here, against=[there], split_column="split", quiet=True)
    near = _of(report, "near_duplicate")
    assert set(near) == {"g05", "twin"}
    assert near["twin"].other == (0, 3)
    assert "elsewhere in second" in near["g05"].detail
    leak = _of(report, "leak")
    assert set(leak) == {"twin"}
    assert "'train'" in leak["twin"].detail
    assert "'val'" in leak["twin"].detail


def test_a_copy_elsewhere_hides_no_leak_here(doubled, stamps, tmp_path):
    here, _ = doubled
    (tmp_path / "third").mkdir()
    cv2.imwrite(str(tmp_path / "third" / "copy.jpg"), np.rot90(stamps[3])[:, ::-1])  # nearer to twin than g03
    third = create_collection(tmp_path / "third", tmp_path / "c3", quiet=True).collection
    report = check_collection(here, against=[third], split_column="split", quiet=True)
    assert (report.flags["near_duplicate"], report.flags["leak"]) == (2, 1)  # galaxies, not findings
    beside = [(f.id, f.other_name) for f in report.findings if f.kind == "near_duplicate"]
    assert beside == [("g03", "copy in c3"), ("twin", "g03"), ("twin", "copy in c3")]
    leak = next(record for record in report.to_records() if record["flag"] == "leak")
    assert (leak["id"], leak["other"], leak["other_in"]) == ("twin", "g03", None)


def test_an_encoder_that_was_asked_for_has_to_be_there(doubled):
    with pytest.raises(TuningforkError, match="lvm-tiny"):
        check_collection(doubled[0], encoder="lvm-tiny", quiet=True)


def test_flags_of_kinds_that_were_not_looked_for_stay(doubled):
    here, _ = doubled

    def flags_of(galaxy):
        rows = Collection.open(here.path).catalogue(["id", "flags"]).to_pylist()
        return next(row["flags"] for row in rows if row["id"] == galaxy)

    check_collection(here, split_column="split", quarantine=True, quiet=True)
    check_collection(here, quarantine=True, quiet=True)
    assert flags_of("twin") == ["leak", "near_duplicate"]
    check_collection(here, quarantine=True, flag_only=["blank"], quiet=True)
    assert flags_of("twin") == ["leak", "near_duplicate"]
    write_flags(here, {"twin": ["near_duplicate", "blank"]}, KINDS)
    check_collection(here, quarantine=True, flag_only=["blank", "duplicate"], quiet=True)
    assert flags_of("twin") == ["near_duplicate"]  # without the collections that a double may stand in
    with pytest.raises(UnknownNameError):
        check_collection(here, flag_only=["blnk"], quiet=True)


def test_the_page_is_one_file_and_shows_names_as_text(doubled, tmp_path):
    here, there = doubled
    report = check_collection(here, against=[there], split_column="split", quiet=True)
    for finding in report.findings:
        object.__setattr__(finding, "id", HOSTILE)
    write_report(report, here, tmp_path / "page.html", against=[there])
    page = (tmp_path / "page.html").read_text()
    assert "<script" not in page
    assert HOSTILE not in page
    assert "&lt;img src=x" in page
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    assert page.count("data:image/webp;base64,") >= 4
    assert KINDS["near_duplicate"].title in page


def test_the_command_writes_the_page_and_one_document(doubled, tmp_path, capsys):
    here, there = doubled
    arguments = [str(here.path), "--against", str(there.path), "--report", str(tmp_path / "r.html"), "--json"]
    assert run(["collection", "check", *arguments]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["flags"]["near_duplicate"] == 2
    assert (tmp_path / "r.html").exists()


def test_labels_without_embeddings_say_what_to_do(doubled, capsys):
    here, _ = doubled
    assert run(["collection", "check", str(here.path), "--label-column", "split", "-q"]) == 3
    assert "tuningfork embed" in capsys.readouterr().err


def test_planted_wrong_labels_are_doubted_and_few_others():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 600)
    vectors = (np.eye(3)[truth] * 4 + rng.normal(size=(600, 3))).astype(np.float32)
    labels = np.array(["a", "b", "c"], object)[truth]
    wrong = rng.choice(600, 30, replace=False)
    labels[wrong] = np.array(["a", "b", "c"], object)[(truth[wrong] + 1) % 3]
    labels[:5] = ""
    doubts = doubtful_labels(vectors, labels)
    doubted = {doubt.row for doubt in doubts}
    planted = set(wrong.tolist()) - set(range(5))
    assert len(doubted & planted) > 0.65 * len(planted)  # the class threshold leaves the less sure ones
    assert len(doubted - planted) < 12
    assert not doubted & set(range(5))
    assert all(first.margin >= second.margin for first, second in itertools.pairwise(doubts))
