import numpy as np
import pytest

from tuningfork.errors import UnknownNameError
from tuningfork.heads import heads
from tuningfork.heads._training_set import Scaler
from tuningfork.heads.logistic import LogisticHead


def two_clouds(n=60, dim=8, apart=3.0, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    X = rng.normal(size=(n, dim)).astype(np.float32)
    X[:, 0] += apart * y
    return X, y


SMALL = {"logistic": {}, "calibrated": {}, "mlp": {"hidden": 64, "steps": 40}}


@pytest.mark.parametrize("name", list(heads))
@pytest.mark.parametrize("standardise", [True, False])
def test_every_head_learns_two_clouds(name, standardise):
    X, y = two_clouds()
    scores = heads.get(name)(standardise=standardise, **SMALL[name]).fit(X, y).scores(X)
    assert scores.shape == (60, 2)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores.sum(1), 1, atol=1e-5)
    assert ((scores[:, 1] > 0.5) == y).mean() > 0.85


@pytest.mark.parametrize("name", list(heads))
def test_the_same_seed_gives_the_same_numbers(name):
    X, y = two_clouds()
    first, again = (heads.get(name)(**SMALL[name]).fit(X, y, seed=3).scores(X) for _ in range(2))
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("name", list(heads))
def test_three_classes_and_one_without_examples(name):
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 3], 20)
    X = rng.normal(size=(60, 5)) + 4 * np.eye(5)[y]
    scores = heads.get(name)(**SMALL[name]).fit(X, y).scores(X)
    assert scores.shape == (60, 4)
    assert (scores.argmax(1) == y).mean() > 0.9


@pytest.mark.parametrize("name", list(heads))
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X, y, w: (X, np.zeros_like(y), w), "two classes"),
        (lambda X, y, w: (X, y, w * (y == 0)), "two classes"),
        (lambda X, y, w: (X * np.nan, y, w), "finite"),
        (lambda X, y, w: (X, y, -w), "not negative"),
        (lambda X, y, w: (X[:-1], y, w), "do not fit"),
        (lambda X, y, w: (X, y.astype(float), w), "class numbers"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(name, change, message):
    X, y = two_clouds()
    with pytest.raises(ValueError, match=message):
        heads.get(name)(**SMALL[name]).fit(*change(X, y, np.ones(len(y))))


def test_an_unknown_head_names_the_nearest():
    with pytest.raises(UnknownNameError, match="logistic"):
        heads.get("logistics")


def test_more_dimensions_than_labels_gives_the_solution_of_the_whole_space():
    """The span of the labelled vectors holds the optimum; scikit-learn on all dimensions is the oracle."""
    from sklearn.linear_model import LogisticRegression

    X, y = two_clouds(n=30, dim=200)
    weight = np.random.default_rng(1).uniform(0.2, 1, 30)
    head = LogisticHead(strength=0.05, balance=False, standardise=False).fit(X, y, weight)
    length = (X.astype(float) ** 2).sum(1).mean()
    oracle = LogisticRegression(C=1 / (0.05 * length * weight.sum()), tol=1e-8, max_iter=2000)
    oracle.fit(X.astype(float), y, sample_weight=weight)
    far = np.random.default_rng(2).normal(size=(50, 200))
    np.testing.assert_allclose(head.scores(far)[:, 1], oracle.predict_proba(far)[:, 1], atol=2e-3)


def test_repeated_rows_do_no_harm():
    X, y = two_clouds(n=10, dim=50)
    doubled = LogisticHead().fit(np.repeat(X, 2, axis=0), np.repeat(y, 2)).scores(X)
    np.testing.assert_allclose(doubled, LogisticHead().fit(X, y).scores(X), atol=5e-3)


def test_balance_makes_rare_and_common_weigh_alike():
    X, y = two_clouds(n=200, apart=1.5)
    keep = (y == 0) | (np.arange(200) < 20)
    X, y = X[keep], y[keep]
    called = [(LogisticHead(balance=b).fit(X, y).scores(X)[:, 1] > 0.5).sum() for b in (True, False)]
    assert called[0] > called[1]


def test_weight_zero_is_as_if_absent():
    X, y = two_clouds()
    wrong = np.concatenate([y, 1 - y])
    weight = np.concatenate([np.ones(60), np.zeros(60)])
    with_wrong = LogisticHead(standardise=False).fit(np.concatenate([X, X]), wrong, weight).scores(X)
    np.testing.assert_allclose(with_wrong, LogisticHead(standardise=False).fit(X, y).scores(X), atol=2e-2)


def test_scaling_is_folded_into_the_map():
    X, y = two_clouds()
    shifted = LogisticHead().fit(X * 100 + 7, y).scores(X * 100 + 7)
    np.testing.assert_allclose(shifted, LogisticHead().fit(X, y).scores(X), atol=1e-3)


def test_a_constant_feature_is_ignored():
    X, y = two_clouds()
    X[:, 3] = 5
    scores = LogisticHead().fit(X, y).scores(X)
    X[:, 3] = 1e6
    np.testing.assert_allclose(LogisticHead().fit(X, y).scores(X), scores, atol=1e-3)


def test_an_mlp_leaves_the_random_stream_of_others_alone():
    import torch

    X, y = two_clouds()
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    heads.get("mlp")(**SMALL["mlp"]).fit(X, y, seed=9)
    torch.testing.assert_close(torch.rand(3), expected)


def test_an_mlp_learns_what_no_line_divides():
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, size=(300, 2)).astype(np.float32)
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    scores = heads.get("mlp")(hidden=256, steps=150, rate=1e-2).fit(X, y).scores(X)
    assert ((scores[:, 1] > 0.5) == y).mean() > 0.95


def test_scores_of_nothing_are_empty():
    X, y = two_clouds()
    for name in heads:
        assert heads.get(name)(**SMALL[name]).fit(X, y).scores(X[:0]).shape == (0, 2)


def test_calibrated_probabilities_are_the_shares_that_come_true():
    X, y = two_clouds(n=4000, apart=1.5)
    kept = (y == 0) | (np.arange(4000) % 10 == 1)  # one in eleven
    order = np.random.default_rng(1).permutation(int(kept.sum()))
    X, y = X[kept][order], y[kept][order]
    told = {
        name: heads.get(name)().fit(X[::2], y[::2]).scores(X[1::2])[:, 1]
        for name in ("logistic", "calibrated")
    }
    share = y[1::2].mean()
    assert told["calibrated"].mean() == pytest.approx(share, rel=0.3)
    assert told["logistic"].mean() > 2 * share  # balanced classes
    np.testing.assert_array_equal(*(np.argsort(p, kind="stable")[-20:] for p in told.values()))


def test_too_few_to_leave_out_are_not_calibrated():
    X, y = two_clouds(n=20)
    y[:] = 0
    y[:2] = 1
    plain, same = (heads.get(name)().fit(X, y).scores(X) for name in ("logistic", "calibrated"))
    np.testing.assert_allclose(same, plain, atol=1e-5)


def test_calibration_is_by_answers_that_were_not_learnt_from():
    """With more dimensions than labels every label is learnt by heart: that says nothing of others."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 200)), np.arange(60) % 2  # nothing to learn
    new = rng.normal(size=(200, 200))
    told = {name: heads.get(name)().fit(X, y).scores(new)[:, 1] for name in ("logistic", "calibrated")}
    assert np.abs(told["calibrated"] - 0.5).mean() < 0.8 * np.abs(told["logistic"] - 0.5).mean()


def test_features_are_scaled_by_those_that_count():
    X, _ = two_clouds()
    both, weight = np.concatenate([X, X + 1000]), np.concatenate([np.ones(60), np.zeros(60)])
    alone, weighted = Scaler(X, np.ones(60), active=True), Scaler(both, weight, active=True)
    np.testing.assert_allclose(weighted(X), alone(X), atol=1e-4)


@pytest.mark.parametrize("name", list(heads))
@pytest.mark.parametrize("n", [6, 60])  # fewer and more than dimensions
@pytest.mark.parametrize("balance", [True, False])
def test_rows_of_no_weight_change_nothing(name, n, balance):
    X, y = two_clouds(n, apart=1.0)
    rng = np.random.default_rng(1)
    weight = rng.uniform(0.2, 2, n)
    more = np.concatenate([X, 50 + 30 * rng.normal(size=(40, 8)).astype(np.float32)])
    told = np.concatenate([y, rng.integers(0, 2, 40)]), np.concatenate([weight, np.zeros(40)])
    plain = heads.get(name)(balance=balance, **SMALL[name]).fit(X, y, weight).scores(X)
    with_them = heads.get(name)(balance=balance, **SMALL[name]).fit(more, *told).scores(X)
    np.testing.assert_allclose(with_them, plain, atol=1e-6)
