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
