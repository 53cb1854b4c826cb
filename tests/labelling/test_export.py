import pytest

from tuningfork.errors import UsageError
from tuningfork.labelling.export import session_table


@pytest.fixture
def labelled(session, collection):
    session.add_examples([sorted(collection.rare)[0]], annotator="ann")
    for seq, choice in enumerate(session.next_batch(6)):
        answer = "yes" if choice.id in collection.rare else "no"
        session.answer(choice.id, answer, client_id="p", client_seq=seq, shown=choice.shown())
    return session


def test_answered_galaxies_with_their_catalogue_and_provenance(labelled, collection):
    rows = session_table(labelled).to_pylist()
    assert {r["id"]: r["label"] for r in rows} == labelled.labels()
    assert [r["rank"] for r in rows] == sorted(r["rank"] for r in rows)
    for row in rows:
        assert row["ra"] == float(row["id"][1:])
        assert row["catalogue_label"] == ("rare" if row["id"] in collection.rare else "common")
        assert (row["session"], row["encoder"], row["head"], row["strategy"]) == (
            "hunt",
            "made-1",
            "logistic",
            "greedy",
        )
        assert row["head_version"] == labelled.head_version
    example = next(r for r in rows if r["stream"] == "example")
    assert example["annotator"] == "ann"
    assert example["answered_at"].endswith("+00:00")


def test_all_rows_have_a_score_and_the_unanswered_no_label(labelled, collection):
    rows = session_table(labelled, all_rows=True).to_pylist()
    assert len(rows) == len(collection)
    assert sum(r["label"] is None for r in rows) == len(collection) - 7
    assert [r["rank"] for r in rows] == list(range(1, len(collection) + 1))


def test_before_anything_is_learnt_scores_are_empty(session):
    rows = session_table(session, all_rows=True).to_pylist()
    assert {r["score"] for r in rows} == {r["rank"] for r in rows} == {None}


def test_nothing_answered_is_a_clear_refusal(session, tmp_path):
    with pytest.raises(UsageError, match="nothing was answered"):
        session.export(tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("ending", ["csv", "tsv", "parquet", "fits", "vot", "ecsv"])
@pytest.mark.parametrize("all_rows", [False, True])
def test_every_format_holds_the_labels(labelled, tmp_path, ending, all_rows):
    from tuningfork.collection import read_table

    file = tmp_path / f"out.{ending}"
    labelled.export(file, all_rows=all_rows)
    back = read_table(file).to_pylist()
    labels = {str(r["id"]): r["label"] for r in back if r["label"] not in (None, "")}
    assert labels == labelled.labels()
    assert str(back[0]["encoder"]) == "made-1"
