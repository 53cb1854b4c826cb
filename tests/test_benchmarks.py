"""Every benchmark runs to its end on the smallest sizes: what it prints is not judged, that it prints is."""

import runpy
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"
NO_CHROMIUM = shutil.which("chromium") is None or find_spec("playwright") is None
NO_RAY = find_spec("ray") is None

# what each is run with, and what it prints that shows its end
SMALL = {
    "approximate_search": ("--galaxies 1000 --real 40 --queries 5", "recall_at_10"),
    "augment_rate": ("--side 64 --size 32 --batch 4 --count 1 --repeats 1 --steps 2", "images/s"),
    "detection": ("--side 300", "all: found"),
    "embed_rate": ("--count 6 --side 48 --size 32 --workers 0 --rounds 1", "times_plain"),
    "estimate_coverage": ("--repeats 2", '"design": "uniform"'),
    "estimate_grid": ("--repeats 2", '"ranking": "perfect"'),
    "fault_rates": ("--count 2", "as they come"),
    "flux_faults": ("{fits}", "band missing"),
    "format_rate": ("--count 6 --rounds 1 --workers 1", "of the folder's rate"),
    "hdf5_import": ("--rows 8 --rounds 1 --workers 1", "lzf.h5"),
    "import_rate": ("--count 6 --rounds 1 --workers 1", "by the clock"),
    "loop_large": ("--memory 600x16 --disk 600x16 --repeats 1", "in memory, 600 x 16"),
    "loop_round": ("--galaxies 600 --dim 16 --repeats 1", "one durable answer"),
    "lvm_rate": ("--member lvm-nano --batch 2 --side 32 --repeats 1", "inference"),
    "map_memory": ("--galaxies 200 --sample 100 --dim 8 --method pca", "peak_MB_at_the_end"),
    "map_points": ("--points 500 --seconds 0.1", "lasso of"),
    "next_page": ("--seeds 1 --pages 3 --only 300", "new finds"),
    "page_latency": ("--galaxies 60 --answers 3", "answer durable in the log"),
    "predict_rate": ("--network timm:test_resnet --size 32 --count 6 --side 48 --rounds 1", "of_network"),
    "ray_rate": ("--encoder timm:test_resnet:untrained --count 12 --workers 1 --rounds 1", "rate_ratio"),
    "search_rate": ("--galaxies 500 --dim 16 --best 5 --rounds 1", "answers compared"),
    "shipped_elsewhere": ("--count 8", "all that was asked for is told"),
    "sky": ("--rows 2000", "all pairs with as many"),
    "unfamiliar": ("--count 2", "all kinds were asked about"),
    "what_comes": ("--galaxies 600 --dim 16 --answers 40 --repeats 1", "medians over"),
}
ELSEWHERE = {
    "load_people": "tests/web/test_load.py",
    "million": "below",
    "selection": "below",
    "training_cost": "below",
}  # run there
CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.skipif(NO_CHROMIUM, reason="needs the chromium program and playwright"),
]
NEEDS = {
    "map_points": CHROMIUM,
    "page_latency": CHROMIUM,
    "ray_rate": pytest.mark.skipif(NO_RAY, reason="ray is not installed"),
}


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Runs a benchmark in this process and gives what it printed."""
    torch = pytest.importorskip("torch")
    threads = torch.get_num_threads()
    monkeypatch.syspath_prepend(FOLDER)
    monkeypatch.setenv("TUNINGFORK_DATA", str(tmp_path / "nowhere"))

    def ended(name: str, *arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", [f"{name}.py", *arguments])
        runpy.run_path(str(FOLDER / f"{name}.py"), run_name="__main__")
        return capsys.readouterr().out

    yield ended
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def fits(tmp_path_factory):
    """Three FITS stamps of two bands."""
    from astropy.io import fits

    folder, rng = tmp_path_factory.mktemp("fits"), np.random.default_rng(0)
    for number in range(3):
        flux = rng.normal(0, 1, (2, 48, 48)).astype(np.float32)
        flux[:, 20:28, 20:28] += 40
        fits.PrimaryHDU(flux).writeto(folder / f"g{number}.fits")
    return folder


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=NEEDS.get(name, ())) for name in SMALL],
)
def test_it_runs(name, run, fits, monkeypatch):
    from tuningfork.embeddings import writer

    monkeypatch.setattr(writer.FragmentWriter, "add", writer.FragmentWriter.add)  # one of them listens there
    arguments, last = SMALL[name]
    assert last in run(name, *arguments.format(fits=fits).split())


def test_none_is_left_out():
    there = {file.stem for file in FOLDER.glob("[a-z]*.py")}
    assert there == SMALL.keys() | ELSEWHERE.keys()
    table = (FOLDER / "README.md").read_text()
    assert [name for name in sorted(there) if f"| `{name}.py` |" not in table] == []


def test_a_million_by_a_few(run, tmp_path):
    folder = tmp_path / "few"
    assert "made" in run("million", "--rows", "300", "--width", "8", "--keep", str(folder), "--only", "names")
    for question in ("open and info", "page of 100", "search", "label"):
        assert "peak_MB" in run("million", "--ask", question, str(folder))


def test_strategies_are_replayed(run, tmp_path):
    from tuningfork.collection import Collection, join_catalogue

    folder, out = tmp_path / "gz1", tmp_path / "out"
    run("million", "--rows", "120", "--width", "4", "--keep", str(folder), "--only", "open and info")
    (tmp_path / "kinds.csv").write_text(
        "id,label\n" + "".join(f"galaxy_{n:09d},{'spiral' if n % 4 else 'merger'}\n" for n in range(120))
    )
    join_catalogue(Collection.open(folder), tmp_path / "kinds.csv")
    told = run(
        "selection",
        *(str(tmp_path), str(out), "--tasks", "merger", "--seeds", "2", "--workers", "1"),
        *("--encoder", "made", "--joined", "made", "--strategies", "alpha,adaptive"),
    )
    assert "merger:" in told
    assert "| adaptive | made |" in (out / "selection.md").read_text()


@pytest.mark.training
def test_the_cost_of_a_training_is_drawn_and_drawn_again(run, tmp_path):
    from tests.tasks.morphology.made import galaxies

    folder = galaxies(tmp_path / "made", 60).path
    settings = "--passes 2 --backbone timm:test_resnet --size 32 --threads 1"
    asked = [str(folder), "--label", "label", "--out", str(tmp_path / "cost"), *settings.split()]
    ways = ["--ways", "lite-cpu,resnet18 from scratch"]
    first, again = run("training_cost", *asked, *ways), run("training_cost", *asked, *ways)
    assert "resnet18 from scratch" in first
    assert again
    table = (tmp_path / "cost" / "cost.csv").read_text()
    assert {line.split(",")[0] for line in table.splitlines()[1:]} == {"lite-cpu", "resnet18 from scratch"}
    assert "<svg" in (tmp_path / "cost" / "cost.svg").read_text()
