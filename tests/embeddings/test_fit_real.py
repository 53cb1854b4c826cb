"""The contract on survey images: g, r, z cubes, four bands, colour pictures."""

import shutil

import numpy as np
import pytest

from tuningfork.collection import create_collection
from tuningfork.embeddings import embed, embed_pictures, load_embeddings
from tuningfork.errors import EmbeddingError

pytestmark = pytest.mark.realdata
ENCODERS = ("lvm-tiny", "timm:resnet18:untrained")


def some(survey_data, tmp_path, pattern, count=3):
    """A collection of the first files, and the files."""
    folder = tmp_path / "files"
    folder.mkdir()
    files = [shutil.copy(f, folder) for f in sorted(survey_data.glob(pattern))[:count]]
    assert files
    return create_collection(folder, tmp_path / "sky", quiet=True).collection, [folder / f for f in files]


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize(
    ("pattern", "bands"),
    [
        ("legacy_grz/*.fits", None),
        ("decals_fits/*.fz", None),
        ("ps1_lenses/**/*.fits*", ("g", "r", "i")),
        ("gz5/**/*.jpg", None),
    ],
)
def test_stored_and_outside_agree_to_the_bit(survey_data, tmp_path, pattern, bands, encoder):
    sky, files = some(survey_data, tmp_path, pattern)
    if bands is not None:
        with pytest.raises(EmbeddingError, match="--bands"):
            embed(sky, encoder, quiet=True)
    embed(sky, encoder, bands=bands, precision="fp32", batch_size=1, quiet=True)
    stored = load_embeddings(sky)
    assert stored.present.all()
    for galaxy, source in zip(sky.ids(), sky.catalogue(["source"])["source"].to_pylist(), strict=True):
        file = next(f for f in files if f.name in source)
        vector = embed_pictures(sky, [file], stored)[0]
        np.testing.assert_array_equal(vector, stored.vectors[sky.rows_of([galaxy])[0]])
