"""The report of a run says what its table says, shows it in one harmless file, and refuses what it cannot."""

import re
import shutil
from html.parser import HTMLParser

import numpy as np
import pytest

from tests.evaluation.test_classified import made
from tests.tasks.reporting.conftest import CLASSES, write_predictions
from tuningfork.collection import Collection, join_catalogue
from tuningfork.embeddings import embed
from tuningfork.encoders import Encoder, EncoderSpec, Preprocessing
from tuningfork.errors import DataError, UnknownNameError, UsageError
from tuningfork.evaluation import Judged
from tuningfork.tasks.explaining import Explained
from tuningfork.tasks.reporting import read_run, report_numbers, write_passport, write_report
from tuningfork.tasks.reporting.numbers import numbers_of

pytestmark = pytest.mark.training


class Links(HTMLParser):
    """Everything that a page could fetch or run."""

    def __init__(self):
        super().__init__()
        self.found, self.pictures = [], 0

    def handle_starttag(self, tag, attrs):
        if tag in ("script", "link", "iframe", "object", "base"):
            self.found.append(tag)
        for name, value in attrs:
            if name.startswith("on") or (
                name in ("src", "href") and not (value or "").startswith(("data:", "#"))
            ):
                self.found.append(f"{tag} {name}={value}")
            self.pictures += name == "src" and (value or "").startswith("data:image/webp")


def harmless(file) -> Links:
    page, links = file.read_text(), Links()
    links.feed(page)
    assert links.found == []
    assert "default-src 'none'" in page
    assert "url(" not in page
    return links


def told(page: str) -> str:
    """The words of a page, without its marks."""
    return " ".join(re.sub(r"<(style|svg).*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL).split())


def test_a_trained_run_is_reported(trained, tmp_path):
    collection, _, run = trained
    read = read_run(run, collection=collection)
    assert (read.part, len(read.judged), len(read.apart), len(read.learnt)) == ("test", 40, 20, 40)
    assert set(read.judged.facts) == {"magnitude", "size"}
    assert read.sources["magnitude"] == "column petroMag_r"
    out = write_report(read, tmp_path / "report.html")
    words, links = told(out.read_text()), harmless(out)
    right = (read.judged.said == read.judged.truth).mean()
    assert f"On 40 galaxies of the part test of {collection.name} the accuracy is {right:.3f}" in words
    assert "Always saying edge-on would get 0.500" in words
    wrong = int((~read.judged.right).sum())
    assert links.pictures == min(wrong, 24)
    for said in (
        "macro-F1",
        "binary cross-entropy",
        "A temperature of",
        "settings.network timm:test_resnet",
        "20 galaxies of val",
    ):
        assert said in words, said
    assert "held out macro f1" in out.read_text()
    bins = re.search(r'aria-label="Reliability diagram">(.*?)</svg>', out.read_text(), re.DOTALL).group(1)
    counted = [int(n) for n in re.findall(r"<rect [^>]*/><text [^>]*>(\d+)<", bins)]
    assert sum(counted) == 40 + 40  # as the network says, and at the temperature that val chose


def test_many_classes_with_long_names_and_a_class_that_nobody_has(tmp_path):
    rng, names = np.random.default_rng(0), tuple(f"barred grand-design spiral {k}" for k in range(20))
    truth, p = rng.integers(0, 19, 400), rng.dirichlet(np.full(20, 0.3), 400)
    ids = np.arange(400).astype(str)
    page = write_report(Judged(names, truth, p, ids), tmp_path / "r.html").read_text()
    assert 'class="matrix many long"' in page
    assert page.count("<small>–</small>") == 20  # no per cent of nobody
    only = Judged(names[:2], np.zeros(30, int), rng.dirichlet((1, 1), 30), ids[:30])
    words = told(write_report(only, tmp_path / "one.html").read_text())
    assert "would get 1.000" in words
    assert "nan" not in words


def test_the_numbers_for_scripts(trained):
    collection, _, run = trained
    rows = {row["name"]: row for row in report_numbers(read_run(run, collection=collection)).rows()}
    assert rows["accuracy"]["majority"] == 0.5
    assert rows["recall edge-on"]["majority"] == 1
    assert {"coverage of the 90% sets", "calibration error", "AUC face-on"} <= rows.keys()
    assert all(not row["value"] < row["low"] and not row["value"] > row["high"] for row in rows.values())


def test_names_from_outside_are_only_text(tmp_path):
    nasty = "<script>alert(1)</script>\"'&"
    judged = made(60, classes=("a", "b"))
    ids = np.array([f"{nasty}{i}" for i in range(60)])
    judged = Judged((nasty, "b</style>"), judged.truth, judged.probabilities, ids, judged.facts)
    out = write_report(judged, tmp_path / "r.html")
    assert harmless(out).pictures == 0
    assert "<script" not in out.read_text()
    assert "b&lt;/style&gt;" in out.read_text()


def test_a_hundred_thousand_galaxies_stay_small(tmp_path):
    out = write_report(made(100_000), tmp_path / "r.html")
    assert out.stat().st_size < 1_000_000
    assert "On 100,000 galaxies" in told(out.read_text())


def test_without_val_one_half_chooses_for_the_other(tmp_path):
    judged = made(300)
    numbers = report_numbers(read_run(_run(tmp_path, judged, "test")))
    chosen = numbers.chosen
    assert not set(chosen.choosing.ids) & set(chosen.measuring.ids)
    assert len(chosen.choosing) + len(chosen.measuring) == 300
    words = told(write_report(tmp_path, tmp_path / "r.html").read_text())
    assert "a random half (150)" in words
    assert "The collection was not found" in words


def test_what_val_chose_is_measured_on_the_others():
    judged = made(300)
    sure = Judged(judged.classes, judged.truth, np.eye(4)[judged.truth], np.arange(300).astype(str))
    numbers = numbers_of(judged, sure)
    right = judged.right.mean()
    assert 0.3 < right < 0.9
    for _, plain, by_class in numbers.coverage:  # who never errs needs no second class
        assert plain.covered.value == by_class.covered.value == pytest.approx(right)
    shy = sure.told(0.2 + 0.2 * sure.probabilities)  # never errs either, and is never sure
    for _, chosen, measured in numbers_of(judged, shy).purity:
        assert (chosen.threshold, chosen.purity.value) == (pytest.approx(0.4), 1)
        assert measured.purity.value < 1
    assert numbers.chosen.temperature < 0.1  # of who never errs


def test_galaxies_that_chose_the_weights_are_said_to_be(tmp_path):
    read = read_run(_run(tmp_path, made(50), "val"))
    assert "too good" in read.notes[0]


def test_what_takes_no_part_is_counted(tmp_path):
    judged = made(60)
    p = judged.probabilities.copy()
    p[3] = np.nan
    truth = np.array(judged.classes, object)[judged.truth]
    truth[:2] = ["", "ring"]
    write_predictions(
        tmp_path / "predictions.parquet", judged.ids, np.full(60, "test"), truth, judged.classes, p
    )
    read = read_run(tmp_path)
    assert len(read.judged) == 57
    assert sum(note.startswith("1 galaxies") for note in read.notes) == 3


def _run(folder, judged, part):
    truth = np.array(judged.classes, object)[judged.truth]
    file = folder / "predictions.parquet"
    write_predictions(
        file, judged.ids, np.full(len(judged), part), truth, judged.classes, judged.probabilities
    )
    return folder


def test_bad_input_is_one_line(trained, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    collection, _, run = trained
    with pytest.raises(DataError, match="no predictions"):
        read_run(tmp_path)
    (tmp_path / "predictions.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(DataError, match="no table of predictions"):
        read_run(tmp_path)
    pq.write_table(pa.table({"id": ["a"], "p_x": [0.5], "p_y": [0.5]}), tmp_path / "predictions.parquet")
    with pytest.raises(DataError, match="lacks truth"):
        read_run(tmp_path)
    pq.write_table(
        pa.table({"id": ["a"], "truth": ["x"], "p_x": ["half"], "p_y": [0.5]}),
        tmp_path / "predictions.parquet",
    )
    with pytest.raises(DataError, match="no table of predictions"):
        read_run(tmp_path)
    with pytest.raises(UnknownNameError, match="part 'tests'"):
        read_run(run, collection=collection, part="tests")
    with pytest.raises(UnknownNameError, match="column 'mag'"):
        read_run(run, collection=collection, magnitude="mag")
    with pytest.raises(DataError, match="'label' holds no numbers"):
        read_run(run, collection=collection, magnitude="label")
    with pytest.raises(UsageError, match="one HTML file"):
        write_report(run, tmp_path / "report.pdf")
    shutil.copytree(run, tmp_path / "run")
    (tmp_path / "run" / "metrics.csv").write_bytes(b"\xff\xfe\x00,\n")
    with pytest.raises(DataError, match="no table of a learning curve"):
        read_run(tmp_path / "run", collection=collection)
    with pytest.raises(DataError, match="another collection"):
        read_run(_run(tmp_path, made(20, classes=CLASSES), "test"), collection=collection)


def test_a_column_that_only_sounds_like_magnitudes_is_passed_over(trained, tmp_path):
    collection, _, run = trained
    shutil.copytree(collection.path, tmp_path / "galaxies")
    table = tmp_path / "mag.csv"
    table.write_text("id,mag\n" + "".join(f"g{n:03d},faint\n" for n in range(100)))
    copy = Collection.open(tmp_path / "galaxies")
    join_catalogue(copy, table)
    read = read_run(run, collection=Collection.open(tmp_path / "galaxies"))
    assert set(read.judged.facts) == {"size"}


def test_a_passport_has_everything_of_a_galaxy(trained, tmp_path):
    collection, classifier, run = trained
    shutil.copytree(collection.path, tmp_path / "galaxies")
    collection = type(collection).open(tmp_path / "galaxies")

    class Means(__import__("torch").nn.Module):
        def forward(self, x):
            return x.mean(3).flatten(1)

    embed(
        collection, Encoder(EncoderSpec("means", "means-1", 48, (), Preprocessing(16)), Means()), quiet=True
    )
    read = read_run(run, collection=collection)
    one = Explained("test_resnet", classifier.classes, classifier.network)
    out = write_passport(read, "g071", tmp_path / "p.html", explained=[one])
    words = told(out.read_text())
    assert harmless(out).pictures == 1 + 2 + 3  # the stamp, window and heat, three neighbours
    for said in (
        "g071",
        "It is face-on",
        "Where the network looks",
        "look alike",
        "petroMag_r 17.55",
        "90 % set",
    ):
        assert said in words, said
    with pytest.raises(UnknownNameError, match="galaxy 'g005'"):
        write_passport(read, "g005", tmp_path / "p.html")
