"""The whole path on real galaxies: images, collection, embeddings, question, answers, table."""

import shutil

import pytest

from tuningfork.labelling import create_session, open_session


@pytest.mark.realdata
def test_from_a_folder_and_a_dropped_picture_to_a_table(survey_data, tmp_path):
    from tuningfork.collection import create_collection, read_table
    from tuningfork.embeddings import embed

    pictures = sorted((survey_data / "gz1" / "images").glob("*.jpg"))[:40]
    source = tmp_path / "source"
    source.mkdir()
    for picture in pictures[1:]:
        shutil.copy(picture, source)
    collection = create_collection(source, tmp_path / "galaxies", quiet=True).collection
    embed(collection, "lvm-tiny", quiet=True)
    session = create_session(collection, question="Is it like this one?")
    session.add_examples(images=[pictures[1].read_bytes()])
    batch = session.next_batch(10)
    assert pictures[1].stem in {c.id for c in batch[:5]}  # the picture itself is in the collection
    for seq, choice in enumerate(batch):
        answer = ("yes", "no")[seq % 2]
        session.answer(choice.id, answer, client_id="p", client_seq=seq, shown=choice.shown())
    expected = session.next_batch(5)
    session.export(tmp_path / "out.fits", all_rows=True)
    session.close()
    again = open_session(collection)
    assert again.next_batch(5) == expected
    again.close()
    table = read_table(tmp_path / "out.fits")
    assert table.num_rows == 39
    assert sum(label in ("yes", "no") for label in table["label"].to_pylist()) == 10
