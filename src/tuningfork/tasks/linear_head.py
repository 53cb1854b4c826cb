"""A linear layer behind a frozen encoder: fitted to stored vectors, then one network with it."""

from typing import Any

import numpy as np

from tuningfork.encoders.contract import Encoder, EncoderSpec

__all__ = ["fit_linear", "headed"]


def fit_linear(X: np.ndarray, labels: np.ndarray, seed: int = 0) -> tuple[tuple[str, ...], Any]:
    """A linear probe as a layer of torch; the standardisation of the vectors is taken into it.

    Parameters
    ----------
    X : ndarray
        (n, D) vectors.
    labels : ndarray
        (n,) classes as text; each of two classes or more has two members.
    seed : int
        Of the folds by which its strength is chosen, see `tuningfork.evaluation.probe.fit_probe`.

    Returns
    -------
    classes : tuple of str
        In the order of the outputs.
    layer : torch.nn.Linear
        Vectors to logits.
    """
    import torch

    from tuningfork.evaluation.probe import fit_probe

    mean, spread = X.mean(0, dtype=np.float64), X.std(0, dtype=np.float64)
    scale = np.where(spread > 1e-8, 1 / np.maximum(spread, 1e-8), 0)
    model = fit_probe(((X - mean) * scale).astype(np.float32), labels.astype(str), seed)
    weight, bias = model.coef_ * scale, model.intercept_ - (model.coef_ * scale) @ mean
    if len(model.classes_) == 2:  # one line of scikit-learn's, for the second class
        weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    layer = torch.nn.Linear(X.shape[1], len(bias))
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weight))
        layer.bias.copy_(torch.from_numpy(bias))
    return tuple(str(name) for name in model.classes_), layer


def headed(encoder: Encoder, layer: Any) -> Encoder:
    """The encoder with the layer behind it: its embedding are the logits."""
    import torch

    spec = encoder.spec
    named = EncoderSpec(
        spec.name, f"{spec.key}-probe", layer.out_features, (), spec.preprocessing, spec.learnt_from
    )
    return Encoder(named, torch.nn.Sequential(encoder.network, layer))
