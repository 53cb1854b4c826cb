"""Ids by the column: rows there and back, and an unknown id among very many is told quickly."""

import hashlib
import time

import numpy as np
import pyarrow as pa
import pytest

from tuningfork.collection.ids import IdColumn, update_with_texts
from tuningfork.errors import UnknownNameError


@pytest.fixture(scope="module")
def many():
    ids = np.char.add("galaxy_", np.arange(300_000).astype(str))
    return IdColumn(pa.chunked_array([pa.array(part, pa.string()) for part in np.split(ids, 3)]), "many")


@pytest.mark.parametrize("count", [0, 1, 8, 9, 5000])
def test_rows_and_ids_are_inverse(many, count):
    rows = np.random.default_rng(count).integers(0, 300_000, count)
    np.testing.assert_array_equal(many.rows(many.of(rows)), rows)


def test_the_first_unknown_is_named_with_what_is_like_it(many):
    began = time.process_time()
    with pytest.raises(UnknownNameError, match=r"'galaxy_12345O'. Did you mean galaxy_12345"):
        many.rows(["galaxy_7", "galaxy_12345O", "nothing"])
    with pytest.raises(UnknownNameError, match=r"Known: galaxy_0"):
        many.rows([f"!{k}" for k in range(20)])
    assert time.process_time() - began < 5  # to compare with all of them would take as long as a minute


def test_texts_are_hashed_as_if_joined_whatever_the_chunks():
    texts = ["a", None, "", "bcd", "é"]
    wanted = hashlib.sha256("\0".join(text or "" for text in texts).encode()).hexdigest()
    for cut in range(6):
        digest = hashlib.sha256()
        update_with_texts(digest, pa.chunked_array([texts[:cut], texts[cut:]], pa.string()))
        assert digest.hexdigest() == wanted
