"""weights convert from the command line, with a network of the public layout that is small."""

import pytest
import torch

from tests.encoders.slow_public import public_state
from tuningfork.encoders.lvm.family import SHAPES
from tuningfork.encoders.lvm.shape import LVMShape


@pytest.fixture
def checkpoint(tmp_path, monkeypatch):
    """A checkpoint; ``lvm-base`` has its sizes for the while."""
    monkeypatch.setitem(SHAPES, "lvm-base", LVMShape(width=24, depths=(2,) * 4, heads=(2,) * 4))
    path = tmp_path / "best.pth"
    torch.save({"model": public_state(24, 2, 2)}, path)
    return path


def test_a_converted_file_is_an_encoder(tuningfork, checkpoint, galaxies):
    ran = tuningfork("weights", "convert", checkpoint, "--as", "lvm-base", "--pooling", "public", "--json")
    assert (ran.code, ran.json["used"]) == (0, 241), ran.err
    name = f"file:{ran.json['path']}"
    assert ran.json["path"] == str(checkpoint.with_suffix(".safetensors"))
    assert tuningfork("weights", "verify", name).code == 0
    assert "Songyu1026/LVM" in tuningfork("weights", "info", name).out
    embedded = tuningfork("embed", galaxies, "--encoder", name)
    assert (embedded.code, "learnt from linear flux" in embedded.err) == (3, True)  # galaxies are pictures


def test_refusals_are_one_line_and_leave_nothing(tuningfork, checkpoint, tmp_path):
    out = tmp_path / "x.safetensors"
    for words, code in ((("--as", "lvm-bse"), 2), (("--as", "lvm-base", "--pooling", "corner"), 2)):
        ran = tuningfork("weights", "convert", checkpoint, *words, "--out", out)
        assert (ran.code, ran.out, ran.err.count("\n")) == (code, "", 1), ran.err
    torch.save({"model": torch.nn.Linear(1, 1)}, checkpoint)
    ran = tuningfork("weights", "convert", checkpoint, "--as", "lvm-base", "--out", out)
    assert (ran.code, ran.err.count("\n")) == (3, 1)
    assert "torch.nn.modules.linear.Linear" in ran.err
    assert not out.exists()
