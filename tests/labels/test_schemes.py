"""Classes from votes, from gz2_class and from stages; each rule is a file."""

import numpy as np
import pytest

from tuningfork.errors import TuningforkError, UnknownNameError, UsageError
from tuningfork.labels import read_scheme, read_tree, shipped_schemes
from tuningfork.labels.types import Gz2Class, parse_gz2_class

GZ2 = read_tree("gz2")


def votes_of(kind: str = "fraction", **shares) -> dict[str, list[float]]:
    """One column an answer; those that are not given are 0: nobody was asked."""
    names = {a.split(".")[1].split("_", 1)[0]: a for a in GZ2.answers}
    rows = len(next(iter(shares.values())))
    values = np.zeros((rows, len(GZ2.answers)))
    for short, said in shares.items():
        values[:, GZ2.index(names[short])] = said
    return {f"{a.replace('.', '_')}_{kind}": values[:, i].tolist() for i, a in enumerate(GZ2.answers)}


def test_ma_table_1_at_its_thresholds():
    columns = votes_of(
        a01=[0.469, 0.470, 0.5, 0.1, 0.1, 0.5],
        a02=[0.531, 0.530, 0.5, 0.9, 0.9, 0.5],
        a16=[0.9, 0.9, 0.0, 0.0, 0.0, 0.0],
        a17=[0.1, 0.1, 0.0, 0.0, 0.0, 0.0],
        a18=[0.0, 0.0, 1.0, 0.0, 0.0, 1.0],
        a04=[0.0, 0.0, 0.0, 0.603, 0.28, 0.9],
        a05=[0.0, 0.0, 0.0, 0.397, 0.72, 0.1],
        a08=[0.0, 0.0, 0.0, 1.0, 0.62, 0.0],
        a09=[0.0, 0.0, 0.0, 0.0, 0.38, 0.0],
    )
    found = read_scheme("ma2023").code(columns)["ma2023"]
    assert found.texts == [None, "CRS", "CSS", "EO", "SPI", None]  # the last one is both CSS and EO
    assert found.counts == {"CRS": 1, "IBS": 0, "CSS": 1, "EO": 1, "SPI": 1}
    assert "1 galaxies meet those of two classes and have none" in found.notes
    assert any("20 people" in line for line in found.notes)


def test_too_few_people_make_no_clean_sample():
    columns = votes_of(a01=[1.0, 1.0], a16=[1.0, 1.0])
    columns |= votes_of("count", a01=[30, 30], a16=[30, 19])
    assert read_scheme("ma2023").code(columns, votes="fraction")["ma2023"].texts == ["CRS", None]


def test_doherty_largest_answer_and_the_dropped_ones():
    columns = votes_of(
        a01=[0.2, 0.1, 0.4],
        a02=[0.3, 0.1, 0.6],
        a03=[0.5, 0.8, 0.0],
        a04=[0.0, 0.0, 0.3],
        a05=[1.0, 1.0, 0.7],
        a10=[0.9, 0.0, 0.6],
        a11=[0.0, 0.0, 0.3],
        a12=[0.1, 0.0, 0.1],
        a25=[0.0, 0.0, 0.9],
        a27=[0.0, 0.0, 0.1],
    )
    scheme = read_scheme("doherty2024")
    assert scheme.code(columns, part="q0")["q0"].texts == [
        "featured",
        "smooth",
        "featured",
    ]  # artifact is no answer
    assert scheme.code(columns, part="q4")["q4"].texts == ["obvious", None, "just-noticeable"]
    q10 = scheme.code(columns, part="q10")["q10"]  # no bulge: 0.9; not asked; (0.6 + 0.1) / 2
    assert q10.texts == ["no", None, "yes"]
    zeros = scheme.code(columns, part="q10", unasked="first")["q10"]  # (0.9 + 0) / 2; (0 + 0) / 2
    assert zeros.texts == ["yes", "yes", "yes"]
    first = scheme.code(columns, part="q4", unasked="first")["q4"]
    assert first.texts == ["obvious", "dominant", "just-noticeable"]
    assert first.notes[-1] == "nobody answered 'q4' of 1 galaxies; these count as 'dominant'"


def test_doherty_schemes_have_the_labels_of_tables_1_and_2():
    columns = votes_of(a01=[0.8], a02=[0.2], a16=[0.1], a17=[0.7], a18=[0.2], a04=[0.4], a05=[0.6])
    scheme = read_scheme("doherty2024")
    assert len(scheme.code(columns, part="all")) == 21
    reduced = scheme.code(columns, part="reduced")
    assert list(reduced) == [
        "q0_smooth",
        "q1_yes",
        "q2_yes",
        "q3_yes",
        "q6_round",
        "q6_in-between",
        "q6_cigar",
        "q10_yes",
    ]
    assert [c.texts[0] for c in reduced.values()] == ["yes", "no", None, None, "no", "yes", "no", None]
    assert list(scheme.code(columns, part="hubble")) == ["q0_smooth", "q2_yes", "q3_yes", "q10_yes"]
    with pytest.raises(UnknownNameError, match="reduced"):
        scheme.code(columns, part="reducd")
    with pytest.raises(UsageError, match="doherty2024:NAME"):
        scheme.code(columns)


def test_a_tree_is_a_scheme_of_its_questions():
    columns = votes_of(a01=[0.2, 0.5], a02=[0.8, 0.5])
    found = read_scheme("gz2").code(columns, part="t01_smooth_or_features")
    assert found["t01_smooth_or_features"].texts == ["a02_features_or_disk", "a01_smooth"]


def test_gz2_class_strings():
    assert parse_gz2_class("SBc2m(r)") == Gz2Class("SBc", "2m", "r")
    assert parse_gz2_class("Sc+t") == Gz2Class("Sc", "+t", "")
    assert parse_gz2_class("Ei(o)") == Gz2Class("Ei", "", "o")
    assert [parse_gz2_class(text) for text in ("", "Sx", "Er5", "SBc2m(r", "A" * 10_000)] == [None] * 5
    texts = ["Er", "Ec(m)", "Ser", "Sa", "Sd", "SBd2l", "Sb?t(i)", "Sen", "A", None, "E"]
    nine = read_scheme("hubble9").code({"gz2_class": texts})["hubble9"]
    assert nine.texts == ["E", "E", "S0", "Sa", "Sc", "SBc", "Irr", None, None, None, None]
    assert nine.notes[0] == "2 galaxies have no gz2_class that can be read"
    assert len(nine.classes) == 9
    eleven = read_scheme("hubble11").code({"gz2_class": texts})["hubble11"]
    assert eleven.texts[:2] == ["Er", "Ec"]
    assert len(eleven.classes) == 11


def test_stages_of_efigi_and_rc3():
    stages = np.array([-5, 0, 2.6, 10, 11, np.nan, 99])
    assert read_scheme("efigi").code({"T": stages})["efigi"].texts == [
        "E",
        "S0a",
        None,
        "Im",
        "dE",
        None,
        None,
    ]
    assert read_scheme("rc3").code({"T": stages})["rc3"].texts == ["E", "S0a", "Sb", "Im", "cI", None, None]
    four = read_scheme("stage4").code({"T": stages})["stage4"]
    assert four.texts == ["E", "S0", "S", "Irr", None, None, None]
    bars = np.array([1.0, 0.5, 0.25, 1.0, 0, 0, 0])
    nine = read_scheme("efigi9").code({"T": np.array([-5, 1, 3, 9, 5, 6, 11]), "Bar_Length": bars})["efigi9"]
    assert nine.texts == ["E", "SBa", "Sb", "Irr", "Sc", "Sc", None]


RULE = """
kind = "votes"
tree = "gz2"
[[class]]
name = "Barred!"
where = ["t03_bar.a06_bar >= 0.5"]
"""


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("a06_bar >=", "a06_bars >=", "t03_bar.a06_bar"),
        (">= 0.5", ">= 1.5", "a share lies in 0 to 1"),
        (">= 0.5", "about 0.5", "is no condition"),
        ('"votes"', '"vote"', "kind of scheme"),
        ('"gz2"', '"gz3"', "gz2"),
        ('name = "Barred!"', 'name = ""', "a class needs a name"),
        ("where =", "wher =", "where"),
        ("[[class]]", "least_people = -3\n[[class]]", "number of people"),
    ],
)
def test_a_rule_of_ones_own_and_its_faults(tmp_path, old, new, fault):
    file = tmp_path / "barred.toml"
    file.write_text(RULE)
    columns = votes_of(a01=[0, 0], a02=[1, 1], a04=[0, 0], a05=[1, 1], a06=[0.5, 0.4], a07=[0.5, 0.6])
    assert read_scheme(file).code(columns)["barred"].texts == ["Barred!", None]
    assert old in RULE
    file.write_text(RULE.replace(old, new))
    with pytest.raises(TuningforkError, match=fault) as error:
        read_scheme(file)
    assert "\n" not in str(error.value)


def test_every_shipped_scheme_reads_and_says_where_it_is_from():
    for name in shipped_schemes():
        scheme = read_scheme(name)
        assert scheme.text, name
        assert scheme.source, name


@pytest.mark.realdata
def test_the_votes_of_real_galaxies(survey_data):
    import pyarrow.parquet as pq

    table = pq.read_table(survey_data / "gz2_votes" / "catalogue.parquet")
    columns = {name: table[name].to_numpy() for name in table.column_names}
    found = read_scheme("ma2023").code(columns)["ma2023"]
    assert sum(found.counts.values()) + 36 + 32 == 745
    assert not any("set aside" in line for line in found.notes)
    nine = read_scheme("hubble9").code(columns)["hubble9"]
    assert nine.notes == ("48 galaxies are of no class of this scheme",)
