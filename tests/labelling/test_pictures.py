import pickle
from pathlib import Path

import numpy as np
import pytest

from tuningfork.errors import CollectionError
from tuningfork.labelling import open_session


@pytest.fixture
def rare_picture(monkeypatch, collection):
    """An outside picture whose embedding is that of a rare galaxy."""
    from tuningfork import embeddings

    vector = collection.vectors[collection.kind == 0][:1]
    monkeypatch.setattr(
        embeddings,
        "embed_pictures",
        lambda _c, pictures, _s: np.repeat(vector, len(pictures), 0),
        raising=False,
    )
    return b"a picture"


def test_an_outside_picture_starts_a_search_and_survives_reopening(session, collection, rare_picture):
    names = session.add_examples(images=[rare_picture])
    assert len(names) == 1
    batch = session.next_batch(10)
    assert sum(c.id in collection.rare for c in batch) >= 6
    assert session.labels() == {}
    session.close()
    again = open_session(collection, "hunt")
    assert again.next_batch(10) == batch
    again.close()


def test_a_wrong_picture_is_undone_like_any_answer(session, rare_picture):
    session.add_examples(images=[rare_picture])
    assert session.refit().learnt
    session.undo(client_id="p", client_seq=0)
    assert not session.refit().learnt


def test_ids_and_pictures_are_one_action(session, collection, rare_picture):
    session.add_examples(ids=["g1"], images=[rare_picture])
    assert len(session.undo(client_id="p", client_seq=0).answers) == 2


@pytest.mark.parametrize("damage", [b"", b"rubbish", None])
def test_a_damaged_kept_picture_is_named(session, rare_picture, damage):
    name = session.add_examples(images=[rare_picture])[0]
    file = session.folder / "examples" / f"{name}.npz"
    if damage is None:
        np.savez(file, vector=np.zeros(16, np.float32), encoder=np.array("somebody-else"))
    else:
        file.write_bytes(damage)
    with pytest.raises(CollectionError, match=name):
        session.refit()


class Trap:
    """What leaves a mark when it is unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return Path.touch, (self.mark,)


@pytest.mark.parametrize("inside", [True, False])
def test_a_pickle_in_its_place_is_not_opened(session, rare_picture, tmp_path, inside):
    name, mark = session.add_examples(images=[rare_picture])[0], tmp_path / "it ran"
    file = session.folder / "examples" / f"{name}.npz"
    if inside:
        trap = np.array([Trap(mark)], dtype=object)
        np.savez(file, vector=trap, encoder=np.array("made-1"))
    else:
        file.write_bytes(pickle.dumps(Trap(mark)))
    with pytest.raises(CollectionError):
        session.refit()
    assert not mark.exists()


def test_other_vectors_embed_a_kept_picture_anew(session, collection, monkeypatch):
    from tuningfork import embeddings

    table, seen = collection.tables["made-1"], []
    collection.tables["other-2"] = type(table)(list(collection.ids()), collection.vectors[:, :5], {})

    def embed(_collection, pictures, stored):
        seen.append((list(pictures), stored.key))
        return np.ones((len(pictures), stored.vectors.shape[1]), np.float32)

    monkeypatch.setattr(embeddings, "embed_pictures", embed, raising=False)
    pixels = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    session.add_examples(images=[b"a picture", pixels])
    session.set_encoder("other-2")
    assert session.refit().learnt
    assert [(len(pictures), key) for pictures, key in seen] == [(2, "made-1"), (1, "other-2"), (1, "other-2")]
    assert {type(pictures[0]) for pictures, _ in seen[1:]} == {bytes, np.ndarray}
    session.set_encoder("made-1")
    session.set_encoder("other-2")
    assert session.refit().learnt
    assert len(seen) == 3  # kept for both by now


def test_a_picture_kept_without_pixels_keeps_its_session_on_its_vectors(session, collection, rare_picture):
    collection.tables["other-2"] = collection.tables["made-1"]
    name = session.add_examples(images=[rare_picture])[0]
    file = session.folder / "examples" / f"{name}.npz"
    with np.load(file) as kept:
        np.savez(file, vector=kept["vector"], encoder=kept["encoder"])  # as older versions did
    with pytest.raises(CollectionError, match="without its pixels"):
        session.set_encoder("other-2")
    assert session.encoder == "made-1"
    assert session.refit().learnt
