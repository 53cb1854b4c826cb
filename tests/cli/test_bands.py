"""Bands from the command line: refused with the command, chosen, remembered."""

import numpy as np
import pytest
from astropy.io import fits


@pytest.fixture
def four_bands(tuningfork, tmp_path):
    """Three galaxies of g, r, i, z as a collection, and the folder of their files."""
    folder = tmp_path / "files"
    folder.mkdir()
    y, x = np.mgrid[:40, :40] - 19.5
    for number in range(3):
        light = np.exp(-(x**2 + (1 + number) * y**2) / 40)
        planes = [
            fits.ImageHDU((light * k).astype(np.float32), name=band) for k, band in enumerate("griz", 1)
        ]
        fits.HDUList([fits.PrimaryHDU(), *planes]).writeto(folder / f"g{number}.fits")
    assert tuningfork("collection", "create", folder, "--out", tmp_path / "sky", "-q").code == 0
    return tmp_path / "sky", folder


def test_four_bands_for_three_are_refused_with_the_command_that_works(tuningfork, four_bands, tiny):
    sky, folder = four_bands
    refused = tuningfork("embed", sky, "--encoder", tiny)
    assert refused.code == 3
    assert refused.err.strip().endswith(f"tuningfork embed {sky} --encoder tiny --bands g,i,z")
    chosen = tuningfork("embed", sky, "--encoder", tiny, "--bands", "g, r, i")
    assert "bands g, r, i of g, r, i, z, as asked" in chosen.err
    assert "as before" in tuningfork("embed", sky, "--encoder", tiny).err
    found = tuningfork("search", sky, "--image", folder / "g1.fits", "-k", "1", "--json").json["results"]
    assert found[0]["id"] == "g1"
    assert tuningfork("embed", sky, "--encoder", tiny, "--bands", "g,r,q").code == 2


def test_the_contract_is_told_in_words(tuningfork, tmp_path):
    told = tuningfork("weights", "info", "lvm-tiny", "--json").json
    assert told["takes"] == "pictures, or flux through the collection's own stretch; bands by place"
    assert told["makes"] == "64 x 64 pixels of a window of 1.2 radii of the galaxy each way, 3 bands"
    other = tuningfork("weights", "info", "timm:test_resnet:untrained", "--json").json
    assert "red first" in other["makes"]


def test_export_writes_what_embed_reads(tuningfork, galaxies, tmp_path):
    pytest.importorskip("onnxruntime", reason="extra: onnx")
    out = tmp_path / "net.onnx"
    ran = tuningfork("weights", "export", "lvm-tiny:untrained", "--to", out, "--json")
    assert ran.json["largest_difference"] < 1e-4
    assert tuningfork("embed", galaxies, "--encoder", f"onnx:{out}", "--json").json["done"] == 12
    found = tuningfork("search", galaxies, "--id", "g03", "--encoder", f"onnx:{out}", "-k", "2", "--json")
    assert len(found.json["results"]) == 2
