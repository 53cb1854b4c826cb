"""evaluate, replay, weights and doctor from the command line."""

import pytest

from tuningfork.cli._checks import Finding
from tuningfork.cli.replay import _interval


def test_replay_rows(tuningfork, embedded):
    words = ["replay", embedded, "--label-column", "kind", "--positive", "flat", "--strategy", "random"]
    words += ["--budget", 4, "--seeds", 2, "--first-seed", 3, "--per-round", 2, "--prompts", 1]
    rows = tuningfork(*words, "--json").json["rows"]
    assert {"strategy", "seed", "answers", "found", "average_precision"} <= set(rows[0])
    assert {row["seed"] for row in rows} == {3, 4}
    table = tuningfork(*words)
    assert table.code == 0
    assert "random" in table.out


def test_replay_of_several_strategies_in_one_option(tuningfork, embedded):
    words = ["replay", embedded, "--label-column", "kind", "--positive", "flat", "--budget", "4"]
    ran = tuningfork(*words, "--prompts", "1", "--seeds", "1", "--strategy", "random, greedy", "--json")
    assert {row["strategy"] for row in ran.json["rows"]} == {"random", "greedy"}


def test_replay_compares_and_writes_a_table(tuningfork, embedded, tmp_path):
    words = ["replay", embedded, "--label-column", "kind", "--positive", "flat", "--budget", 4, "--seeds", 2]
    words += ["--prompts", 1, "--strategy", "random,alpha:alpha=0.1", "--baseline", "random"]
    ran = tuningfork(*words, "--csv", tmp_path / "rows.csv", "--json")
    assert {row["strategy"] for row in ran.json["rows"]} == {"random", "alpha:alpha=0.1"}
    assert {row["quantity"] for row in ran.json["compared"]} >= {"found", "answers_to_80"}
    assert len((tmp_path / "rows.csv").read_text().splitlines()) == 1 + len(ran.json["rows"])
    assert "answers to 80 %" in tuningfork(*words).out


def test_replay_compares_with_the_first_strategy_and_draws(tuningfork, embedded, tmp_path):
    from xml.etree import ElementTree

    words = ["replay", embedded, "--label-column", "kind", "--positive", "flat", "--budget", 4, "--seeds", 2]
    words += ["--prompts", 1, "--strategy", "random,greedy"]
    ran = tuningfork(*words, "--plot", tmp_path / "curves.svg", "--json")
    assert ran.code == 0, ran.err
    assert {row["against"].partition(" (")[0] for row in ran.json["compared"]} == {"random"}
    drawn = ElementTree.parse(tmp_path / "curves.svg").getroot()
    told = "".join(drawn.itertext())
    assert all(word in told for word in ("random", "greedy", "flat", "answers given"))
    assert "greedy against" in " ".join(tuningfork(*words).out.split())
    refused = tuningfork(*words, "--plot", tmp_path / "curves.gif")
    assert (refused.code, ".svg" in refused.err) == (2, True)


def test_replay_of_classes_counts_no_finds(tuningfork, embedded):
    words = ["replay", embedded, "--label-column", "kind", "--question", "multi-class", "--prompts", 1]
    for kind in ("flat", "round"):
        words += ["--positive", kind]
    ran = tuningfork(*words, "--budget", 2, "--seeds", 1, "--strategy", "margin,random", "--held-out", 0.2)
    assert ran.code == 0, ran.err
    assert "classes seen" in " ".join(ran.out.split())
    assert "found" not in ran.out
    assert "80 %" not in ran.out


def test_replay_with_a_person_who_errs(tuningfork, embedded):
    words = ["replay", embedded, "--label-column", "kind", "--positive", "flat", "--budget", 4, "--seeds", 1]
    ran = tuningfork(*words, "--prompts", 1, "--error-rate", "0.5,0.1", "--json")
    assert all(s["called"] >= s["found"] for s in ran.json["searches"])
    for wrong in ("often", "1", "0.1,0.1,0.1"):
        ran = tuningfork(*words, "--prompts", 1, "--error-rate", wrong)
        assert ran.code == 2
        assert "rate of errors" in ran.err


def test_replay_with_an_unknown_column(tuningfork, embedded):
    ran = tuningfork("replay", embedded, "--label-column", "knd", "--positive", "flat")
    assert ran.code == 2
    assert "kind" in ran.err


def test_evaluate_rows(tuningfork, galaxies):
    ran = tuningfork("evaluate", "features", galaxies, "--label", "kind", "--encoder", "majority", "--json")
    assert ran.code == 0, ran.err
    row = ran.json["rows"][0]
    assert set(row) == {"encoder", "probe", "value", "low", "high", "n"}
    assert row["low"] <= row["value"] <= row["high"]
    table = tuningfork("evaluate", "features", galaxies, "--label-column", "kind", "--encoder", "majority")
    assert "majority" in table.out


def test_weights_list(tuningfork):
    encoders = tuningfork("weights", "list", "--json").json["encoders"]
    assert "lvm-tiny" in encoders
    assert all(encoders.values())
    assert "lvm-tiny" in tuningfork("weights", "list").out


@pytest.fixture
def lvm_file(tmp_path):
    """A weights file of ours, untrained."""
    from dataclasses import asdict

    from tuningfork.encoders import load_encoder
    from tuningfork.encoders.lvm.family import SHAPES
    from tuningfork.encoders.weights_file import write_weights

    encoder = load_encoder("lvm-tiny:untrained")
    certificate = {
        "network": "lvm",
        "shape": asdict(SHAPES["lvm-tiny"]),
        "preprocessing": asdict(encoder.spec.preprocessing),
        "objective": {"name": "none"},
        "licence": "BSD-3-Clause",
        "data": {"collections": ["a", "b"], "galaxies": 3, "seeds": list(range(9))},
        "known_embedding": [],
    }
    write_weights(tmp_path / "w.safetensors", encoder.network.state_dict(), certificate)
    return tmp_path / "w.safetensors"


def test_weights_info_and_verify(tuningfork, lvm_file):
    shown = tuningfork("weights", "info", f"file:{lvm_file}")
    assert "BSD-3-Clause" in shown.out
    assert "a, b" in shown.out
    assert "9 values" in shown.out
    assert tuningfork("weights", "info", f"file:{lvm_file}", "--json").json["licence"] == "BSD-3-Clause"
    verified = tuningfork("weights", "verify", f"file:{lvm_file}", "--json")
    assert (verified.code, verified.json["whole"]) == (0, True), verified.err


def test_damaged_weights_are_bad_data(tuningfork, lvm_file):
    raw = bytearray(lvm_file.read_bytes())
    raw[-1] ^= 1
    lvm_file.write_bytes(raw)
    ran = tuningfork("weights", "verify", f"file:{lvm_file}", "--json")
    assert (ran.code, ran.json["whole"]) == (3, False)
    assert len(ran.err.splitlines()) == 1


def test_doctor_says_what_works(tuningfork, tiny):
    ran = tuningfork("doctor", "--json")
    checks = {check["name"]: check for check in ran.json["checks"]}
    assert {"python", "torch", "torchvision", "pylance", "weights", "disk", "memory", "chromium"} <= set(
        checks
    )
    assert ran.code == (0 if all(c["works"] for c in checks.values() if c["needed"]) else 1)
    assert all(check["remedy"] for check in checks.values() if not check["works"])


@pytest.mark.parametrize(("needed", "code"), [(True, 1), (False, 0)])
def test_doctor_ends_with_one_only_for_what_is_needed(tuningfork, monkeypatch, needed, code):
    found = [Finding("here", True, "1.0"), Finding("gone", False, "", "Get it", needed)]
    monkeypatch.setattr("tuningfork.cli._checks.examine", lambda: found)
    ran = tuningfork("doctor")
    assert (ran.code, ran.err) == (code, "gone: Get it\n")
    assert ("MISSING" in ran.out, "absent" in ran.out) == (needed, not needed)


@pytest.mark.parametrize(
    ("censored", "said"), [((0, 0), ""), ((3, 0), " or more"), ((0, 3), " or less"), ((1, 2), " or so")]
)
def test_a_ratio_of_searches_that_never_got_there_is_a_bound(censored, said):
    row = {"value": 0.5, "low": 0.25, "high": 1, "quantity": "answers_to_80", "censored": censored}
    assert _interval(row) == f"0.5 [0.25, 1]{said}"


def test_doctor_goes_on_past_a_broken_piece(tuningfork, monkeypatch):
    def broken(name):
        raise ImportError("operator torchvision::nms does not exist")

    monkeypatch.setattr("tuningfork.cli._checks.importlib.import_module", broken)
    ran = tuningfork("doctor")
    assert ran.code == 1
    assert "MISSING" in ran.out
    (line,) = (line for line in ran.err.splitlines() if line.startswith("timm: "))
    assert "constraints.txt" in line  # whole, on one line, to be copied
    assert "python" in ran.out
