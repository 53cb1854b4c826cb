"""The command line of trainings: a column or a session in, a run folder out; what cannot be is refused."""

import sys

import numpy as np
import pytest

from tuningfork.collection import Collection


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    """Thirty discs and bars."""
    import cv2

    from tuningfork.collection import create_collection

    root, rng = tmp_path_factory.mktemp("train"), np.random.default_rng(1)
    lines = ["id,file,kind,lone"]
    for number in range(30):
        picture = rng.normal(20, 5, (40, 40, 3)).clip(0, 255).astype(np.uint8)
        axes = ((8, 8), (15, 3))[number % 2]
        cv2.ellipse(picture, (20, 20), axes, rng.uniform(0, 180), 0, 360, (90, 120, 150), -1)
        cv2.imwrite(str(root / f"g{number:02d}.png"), picture)
        lines.append(
            f"g{number:02d},g{number:02d}.png,{('disc', 'bar')[number % 2]},{'x' if number else 'y'}"
        )
    (root / "table.csv").write_text("\n".join(lines) + "\n")
    create_collection(root, root.parent / "made-train", catalogue=root / "table.csv", quiet=True)
    return root.parent / "made-train"


NETWORK = ("--backbone", "timm:test_resnet", "--start", "none", "--size", "32", "--epochs", "1")
SMALL = ("--recipe", "ma2023-cpu", *NETWORK)


@pytest.mark.training
def test_a_column_becomes_a_model(tuningfork, labelled, tmp_path):
    run = tmp_path / "run"
    made = tuningfork("train", "morphology", labelled, "--label", "kind", "--out", run, *SMALL, "--json")
    assert made.code == 0, made.err
    assert set(made.json["judged"]) == {"val", "test"}
    assert (run / "model.safetensors").exists()
    table = tmp_path / "said.csv"
    said = tuningfork("predict", labelled, "--model", run, "--out", table)
    assert said.code == 0, said.err
    assert table.read_text().replace('"', "").startswith("id,label,p_bar,p_disc")


@pytest.mark.parametrize(
    "words",
    [
        ("train", "morphology", "DIR", "--label", "kind"),
        ("train", "morphology", "DIR", "--label", "kind", "--folds", "3"),
        ("train", "votes", "DIR"),
        ("pretrain", "DIR"),
    ],
)
def test_without_lightning_nothing_is_begun(tuningfork, labelled, tmp_path, monkeypatch, words):
    monkeypatch.setitem(sys.modules, "lightning", None)
    words = [labelled if word == "DIR" else word for word in words]
    ran = tuningfork(*words, "--out", tmp_path / "run")
    assert ran.code != 0
    assert ran.err.startswith("lightning is not installed. Run: ")
    assert "[train]" in ran.err
    assert ran.err.count("\n") == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.training
def test_what_a_person_said_becomes_a_model(tuningfork, labelled, tmp_path):
    from tuningfork.embeddings import embed
    from tuningfork.labelling import create_session

    collection = Collection.open(labelled)
    embed(collection, "lvm-tiny", quiet=True)
    session = create_session(str(labelled), name="bars", question="A bar?")
    try:
        for number, galaxy in enumerate(collection.ids()[:24]):
            session.answer(str(galaxy), ("no", "yes")[number % 2], client_id="p", client_seq=number)
    finally:
        session.close()
    made = tuningfork(
        "train",
        "morphology",
        labelled,
        "--session",
        "bars",
        "--out",
        tmp_path / "run",
        *SMALL,
        "--epochs",
        "1",
    )
    assert made.code == 0, made.err
    assert "6 of 30 galaxies have no label" in made.err, made.err
    head = tuningfork("train", "head", labelled, "--session", "bars", "--out", tmp_path / "head", "--json")
    assert head.code == 0, head.err
    assert head.json["parts"] == {"test": 24}
    said = tuningfork("predict", labelled, "--model", tmp_path / "head", "--out", tmp_path / "said.csv")
    assert said.code == 0, said.err
    assert (tmp_path / "said.csv").read_text().replace('"', "").startswith("id,label,p_no,p_yes")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "--label COLUMN or --session"),
        (("--label", "knd"), 2, "kind"),
        (("--label", "lone"), 3, "'y' has 1 example"),
        (("--label", "kind", "--recipe", "ma2032"), 2, "ma2023"),
        (("--label", "kind", "--hiwl", "disc+bar"), 2, "nothing to tell apart"),
        (("--label", "kind", "--hiwl", "auto"), 2, "two classes"),
        (("--label", "kind", "--split", "no.csv"), 3, "no such split"),
        (("--label", "kind", "--backbone", "resnet35"), 2, "resnet34"),
        (("--label", "kind", "--recipe", "ma2023-cpu", "--backbone", "inceptionv3", "--size", "64"), 2, "75"),
        (("--label", "kind", "--recipe", "ma2023-cpu", "--backbone", "cct"), 2, "--start none"),
        (("--label", "kind", "--session", "nobody"), 2, "nobody"),
        (("--label", "kind", "--folds", "3", "--fold", "0"), 2, "all folds"),
        (("--label", "kind", "--folds", "3", "--split-column", "kind"), 2, "all folds"),
        (("--label", "kind", "--folds", "16"), 3, "15"),
    ],
)
def test_what_cannot_be_trained_is_one_line(tuningfork, labelled, tmp_path, words, code, said):
    ran = tuningfork("train", "morphology", labelled, "--out", tmp_path / "run", *words)
    assert ran.code == code, ran.err
    assert said in ran.err
    assert len(ran.err.strip().splitlines()) <= 3


@pytest.mark.parametrize(("words", "still"), [((), False), (("--no-flips",), True)])
def test_what_has_a_handedness_is_not_mirrored(tuningfork, labelled, tmp_path, monkeypatch, words, still):
    asked = []
    place = "tuningfork.tasks.morphology.training.train_morphology"
    monkeypatch.setattr(place, lambda collection, named, recipe, out, **_: asked.append(recipe))
    tuningfork("train", "morphology", labelled, "--label", "kind", "--out", tmp_path / "run", *words)
    assert [recipe.settings.flips is False for recipe in asked] == [still]
