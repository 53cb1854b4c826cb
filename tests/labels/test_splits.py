"""Splits keep the classes' shares and groups whole; a split's file fits one collection and no other."""

import numpy as np
import pyarrow as pa
import pytest

from tuningfork.errors import CollectionError, DataError, UsageError
from tuningfork.labels.splits import SplitFile, make_split, quotas, read_split, torn_groups
from tuningfork.tasks.labels.groups import galaxy_groups
from tuningfork.tasks.labels.splitting import split_galaxies

MA_TABLE_2 = {8434: (6747, 843, 844), 8069: (6455, 807, 807), 578: (462, 58, 58), 3903: (3122, 390, 391)}


@pytest.mark.parametrize(("count", "parts"), [*MA_TABLE_2.items(), (7806, (6245, 780, 781))])
def test_the_parts_have_the_sizes_of_ma_table_2(count, parts):
    assert tuple(quotas(count, (0.8, 0.1, 0.1))) == parts


def test_every_class_has_its_share_in_every_part():
    codes = np.repeat([0, 1, 2], [400, 50, 31])
    split = make_split(codes, seed=4)
    for code, count in enumerate((400, 50, 31)):
        held = [int((split[codes == code] == part).sum()) for part in ("train", "val", "test")]
        assert held == quotas(count, (0.8, 0.1, 0.1))
    assert (make_split(codes, seed=4) == split).all()
    assert (make_split(codes, seed=5) != split).any()


def test_folds_are_equal_and_cover_everything_labelled():
    codes = np.repeat([0, 1, -1], [52, 23, 5])
    fold = make_split(codes, folds=5, seed=1)
    assert fold.dtype == np.int64
    assert (fold[codes < 0] == -1).all()
    for code in (0, 1):
        counts = np.bincount(fold[codes == code], minlength=5)
        assert counts.max() - counts.min() <= 1


def test_groups_stay_whole_and_shares_hold_nearly():
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 400, 1000)
    groups[rng.random(1000) < 0.3] = -1
    codes = rng.choice(4, 1000, p=[0.5, 0.3, 0.15, 0.05])
    split = make_split(codes, groups=groups, seed=2)
    assert not len(torn_groups(split, groups))
    assert len(torn_groups(make_split(codes, seed=2), groups)) > 50
    for code in range(4):
        share = (split[codes == code] == "train").mean()
        assert abs(share - 0.8) < 0.03
    assert set(split) == {"train", "val", "test"}


def test_every_part_gets_its_share_of_the_groups():
    """Else those that are judged on would be loners, and those that are learnt from would not."""
    groups = np.concatenate([np.repeat(np.arange(60), 2), np.full(400, -1)])
    parts = make_split(np.zeros(520, int), groups=groups, seed=0)
    paired = {part: int((parts[:120] == part).sum()) // 2 for part in ("train", "val", "test")}
    assert paired == {"train": 48, "val": 6, "test": 6}
    assert [int((parts == part).sum()) for part in paired] == [416, 52, 52]


def test_one_huge_group_goes_where_there_is_room():
    groups = np.where(np.arange(100) < 60, 0, -1)
    split = make_split(np.zeros(100, int), groups=groups)
    assert set(split[:60]) == {"train"}
    assert (split == "val").sum() == 10


@pytest.mark.parametrize(
    ("codes", "fault"),
    [([0] * 9 + [1], "class 1 has 1 galaxy"), ([-1, -1], "no labels"), ([0, 0, 1, 1], "2 galax")],
)
def test_a_class_without_enough_examples_is_refused(codes, fault):
    with pytest.raises(DataError, match=fault):
        make_split(np.array(codes))


def test_a_class_that_is_one_group_is_refused():
    with pytest.raises(DataError, match="class 1 has 1 galaxy apart"):
        make_split(np.repeat([0, 1], 20), groups=np.repeat([-1, 7], 20))


@pytest.mark.parametrize("parts", [{"a": 0.5, "b": 0.6}, {"a": 1.0}, {"a": 1.2, "b": -0.2}])
def test_shares_that_are_none(parts):
    with pytest.raises(UsageError, match="add up to 1"):
        make_split(np.zeros(9, int), parts=parts)


@pytest.fixture
def split() -> SplitFile:
    from tuningfork.labels.split_file import hash_of

    return SplitFile(("a", "b,1", "c"), ("train", "val", "train"), hash_of(["x", "y", "z"]), {"seed": 3})


def test_a_split_comes_back_and_fits_a_collection_that_grew(tmp_path, split):
    split.write(tmp_path / "split.csv")
    read = read_split(tmp_path / "split.csv")
    assert read == split
    assert read.counts == {"train": 2, "val": 1}
    assert read.parts_of(["new", "c", "b,1", "a"], ["?", "z", "y", "x"]).tolist() == [
        "",
        "train",
        "val",
        "train",
    ]


def test_a_split_of_another_collection_is_refused(split):
    with pytest.raises(
        CollectionError, match="another collection: 2 of its 3 galaxies are not here, first b,1"
    ):
        split.parts_of(["a", "d"], where="galaxies")
    with pytest.raises(CollectionError, match="with other images"):
        split.parts_of(["a", "b,1", "c"], ["x", "y", "other"])


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda t: t.replace("c,train", "c,val"), "changed since"),
        (lambda t: t.replace('"format": 1', '"format": 9'), "format 9"),
        (lambda t: t.replace("id,part\n", ""), "not a split"),
        (lambda t: "id,part\na,train\n", "not a split"),
        (lambda t: t + "d\n", "not a split"),
        (lambda t: t.replace("{", "[" * 5000, 1), "not a readable split"),
    ],
)
def test_a_spoilt_file_is_one_line(tmp_path, split, change, fault):
    file = tmp_path / "split.csv"
    split.write(file)
    file.write_text(change(file.read_text()))
    with pytest.raises(DataError, match=fault) as error:
        read_split(file)
    assert "\n" not in str(error.value)
    with pytest.raises(DataError, match="no such split"):
        read_split(tmp_path / "nothing.csv")


class _Fake:
    """Sixty galaxies of one kind; every tenth is in quarantine."""

    name = "made"

    def __init__(self, **columns):
        self._table = pa.table({"kind": ["E"] * 60, "digest": [f"d{row}" for row in range(60)], **columns})

    def __len__(self):
        return 60

    def catalogue(self, columns):
        return self._table.select(columns)

    def flagged(self):
        return np.arange(60) % 10 == 0

    def ids(self, rows):
        return np.array([f"g{row}" for row in rows], object)


def test_galaxies_in_quarantine_are_in_no_part():
    report = split_galaxies(_Fake(), "kind", arcsec=0, twins=False, quiet=True)
    assert report.counts == {"E": {"train": 43, "val": 5, "test": 6}}
    assert not {f"g{row}" for row in range(0, 60, 10)} & set(report.split.ids)
    assert "6 labelled galaxies are in quarantine and take no part" in report.notes


def test_galaxies_without_a_field_are_not_those_of_one_field():
    field = [None, float("nan"), 1.0, 1.0, *range(2, 58)]
    found = galaxy_groups(
        _Fake(field=pa.array(field, pa.float64())), columns=["field"], arcsec=0, twins=False
    )
    assert found.numbers[2] == found.numbers[3] >= 0
    assert (np.delete(found.numbers, [2, 3]) == -1).all()
    assert found.notes == ("2 galaxies share a value of 'field'",)
