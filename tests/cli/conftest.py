"""A small folder of made galaxies, and a way to run the command line inside the test."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tuningfork.cli import main


@dataclass
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        """The one document on standard output."""
        import json

        return json.loads(self.out)


@pytest.fixture
def tuningfork(capfd):
    """Call with the words after ``tuningfork``."""

    def call(*words) -> Ran:
        capfd.readouterr()
        code = main([str(word) for word in words])
        out, err = capfd.readouterr()
        return Ran(code, out, err)

    return call


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    """Twelve made galaxies (64 px PNG), their catalogue, and one file that is no image."""
    path = tmp_path_factory.mktemp("stamps")
    draw = np.random.default_rng(3)
    y, x = np.mgrid[:64, :64] - 31.5
    lines = ["id,file,kind,mag"]
    for number in range(12):
        width = 3 + number
        light = 220 * np.exp(-(x**2 + (y * (1 + number % 3)) ** 2) / (2 * width**2))
        pixels = np.clip(light[..., None] * [1, 0.8, 0.6] + draw.normal(8, 3, (64, 64, 3)), 0, 255)
        Image.fromarray(pixels.astype(np.uint8)).save(path / f"g{number:02d}.png")
        lines.append(
            f"g{number:02d},g{number:02d}.png,{'flat' if number % 3 else 'round'},{18 + number / 10}"
        )
    (path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    lines.append("broken,broken.png,round,20")
    (path / "table.csv").write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def galaxies(folder, tmp_path) -> Path:
    """A collection of the made galaxies."""
    from tuningfork.collection import create_collection

    create_collection(folder, tmp_path / "galaxies", quiet=True)
    return tmp_path / "galaxies"


def _tiny():
    """Block means of the stamp: an encoder without weights, for tests."""
    import torch

    from tuningfork.encoders import Encoder, EncoderSpec, Preprocessing

    class BlockMeans(torch.nn.Module):
        def forward(self, x):  # [N, 3, 16, 16] -> [N, 48]
            return torch.nn.functional.avg_pool2d(x, 4).flatten(1)

    preprocessing = Preprocessing(size=16, window="frame", zoom=1.0)
    return Encoder(EncoderSpec("tiny", "tiny-00000001", 48, (), preprocessing), BlockMeans())


@pytest.fixture
def tiny(monkeypatch) -> str:
    """The name of an encoder that needs no weights; it also stands in for lvm-tiny."""
    from tuningfork.encoders.names import encoders

    monkeypatch.setitem(encoders._entries, "tiny", _tiny)
    monkeypatch.setitem(encoders._entries, "lvm-tiny", _tiny)
    return "tiny"


@pytest.fixture
def embedded(galaxies, tiny) -> Path:
    """The collection of made galaxies, embedded."""
    from tuningfork.collection import Collection
    from tuningfork.embeddings import embed

    embed(Collection.open(galaxies), tiny, quiet=True)
    return galaxies
