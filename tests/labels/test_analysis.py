"""What votes look like: means, correlations, the clearest galaxies, and their pictures."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from tuningfork.labels import read_tree, read_votes
from tuningfork.labels.analysis import analyse_votes
from tuningfork.labels.plots import correlation_plot, mean_plot, question_plots

GZ2 = read_tree("gz2")


@pytest.fixture
def votes():
    rng = np.random.default_rng(1)
    smooth = rng.random(50)
    columns = {
        "t01_smooth_or_features_a01_smooth_fraction": 0.9 * smooth,
        "t01_smooth_or_features_a02_features_or_disk_fraction": 0.9 * (1 - smooth),
        "t01_smooth_or_features_a03_star_or_artifact_fraction": np.full(50, 0.1),
        "t02_edgeon_a04_yes_fraction": np.where(np.arange(50) < 30, 0.25, 0),
        "t02_edgeon_a05_no_fraction": np.where(np.arange(50) < 30, 0.75, 0),
    }
    return read_votes(GZ2, columns)


def test_means_and_correlations_against_numpy(votes):
    found = analyse_votes(votes)
    shares = votes.fractions().values
    smooth, disk, no = (
        GZ2.index(a) for a in ("t01_smooth_or_features.a01_smooth", *GZ2.answers[1:2], "t02_edgeon.a05_no")
    )
    assert found.mean[smooth] == pytest.approx(shares[:, smooth].mean())
    assert found.asked[no] == 30
    assert (found.mean[no], found.mean_asked[no]) == (pytest.approx(0.45), pytest.approx(0.75))
    assert np.isnan(found.mean[GZ2.index("t03_bar.a06_bar")])
    assert found.correlation[smooth, disk] == pytest.approx(-1)
    assert np.isnan(found.correlation[smooth, 2])  # never changes
    assert "t02_edgeon.a04_yes" in found.unsure
    rng = np.random.default_rng(2)
    values = rng.random((40, 37))
    values[rng.random(values.shape) < 0.2] = np.nan
    drawn = analyse_votes(type(votes)(GZ2, "debiased", values, GZ2.namings[0]))
    kept = ~np.isnan(values[:, [3, 8]]).any(axis=1)
    wanted = np.corrcoef(values[kept][:, [3, 8]].T)[0, 1]
    assert drawn.correlation[3, 8] == pytest.approx(wanted)


def test_the_clearest_galaxy_had_many_votes():
    columns = {"t01_smooth_or_features_a01_smooth_count": [2, 50, 3, 3, 3, 3, 3, 3, 2, 3]}
    columns["t01_smooth_or_features_a02_features_or_disk_count"] = [0, 9, 9, 9, 9, 9, 9, 9, 9, 9]
    columns["t01_smooth_or_features_a03_star_or_artifact_count"] = [0] * 10
    counts = read_votes(GZ2, columns)
    assert analyse_votes(counts, counts).highest[0] == 1  # two people out of two are not sure enough
    assert analyse_votes(counts).highest[0] == 0


def test_the_pictures_are_whole_and_escaped(votes):
    found = analyse_votes(votes)
    for drawn in (
        mean_plot(found, title="<b>"),
        correlation_plot(found, title="&"),
        *question_plots(found).values(),
    ):
        ET.fromstring(drawn)
    assert "<b>" not in mean_plot(found, title="<b>")
    assert list(question_plots(found)) == ["t01_smooth_or_features", "t02_edgeon"]
