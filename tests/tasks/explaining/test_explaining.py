"""Grad-CAM is the paper's formula and finds what a class hangs on, in every kind of network; features lie as
classes do."""

import numpy as np
import pytest
import torch
from torch import nn

from tests.collection.made import write_jpegs
from tuningfork.collection import Collection, create_collection
from tuningfork.embeddings import embed
from tuningfork.encoders import Encoder, EncoderSpec, Preprocessing, register_encoder
from tuningfork.encoders.trainable import new_network
from tuningfork.errors import DataError, EmbeddingError, UnknownNameError, UsageError
from tuningfork.tasks.explaining import (
    Explained,
    comparison_sheet,
    features_picture,
    heat_maps,
    lay_out,
    nearest_labelled,
    open_explained,
    penultimate_features,
    plane_picture,
    probe_of,
)
from tuningfork.tasks.explaining.comparison import looks_at
from tuningfork.tasks.explaining.layers import as_grid

CLASSES = ("left", "right", "neither")


def asked(network, size=64, **how) -> Explained:
    return Explained(
        "net", CLASSES, Encoder(EncoderSpec("net", "net-1", 3, (), Preprocessing(size)), network), **how
    )


def with_head(name: str) -> nn.Module:
    torch.manual_seed(0)
    network, dim, _ = new_network(name)
    return nn.Sequential(network, nn.Linear(dim, 3))


class Mean(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


def test_it_is_the_papers_formula():
    torch.manual_seed(1)
    conv, head = nn.Conv2d(3, 5, 3, padding=1), nn.Linear(5, 3)
    x, kinds = torch.rand(4, 3, 8, 8), np.array([0, 1, 2, 1])
    heat = heat_maps(asked(nn.Sequential(conv, Mean(), head), 8), x, kinds)
    with torch.no_grad():  # the gradient of a logit over the grid is the head's weight over its area
        expected = torch.einsum("nc,nchw->nhw", head.weight[kinds] / 64, conv(x)).relu().numpy()
    top = expected.max(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(heat, expected / np.maximum(top, 1e-30), atol=1e-5)


def test_what_is_written_over_in_place_is_seen_as_it_was():
    torch.manual_seed(1)
    layers = [nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.ReLU(), Mean(), nn.Linear(5, 3)]
    x, kinds = torch.rand(2, 3, 16, 16), np.array([0, 1])
    kept = heat_maps(asked(nn.Sequential(*layers), 16), x, kinds)
    layers[2] = nn.ReLU(inplace=True)
    np.testing.assert_allclose(heat_maps(asked(nn.Sequential(*layers), 16), x, kinds), kept)


@pytest.mark.parametrize(
    ("name", "size"),
    [("timm:test_resnet", 96), ("timm:test_efficientnet", 96), ("timm:test_vit", 160), ("lvm-nano", 64)],
)
def test_every_family_has_a_map(name, size):
    network = with_head(name)
    x = torch.rand(2, 3, size, size)
    before = network.eval()(x).detach()
    heat = heat_maps(asked(network, size), x, np.array([0, 1]))
    assert heat.shape == (2, size, size)
    assert heat.min() >= 0
    assert heat.max() == pytest.approx(1)
    assert np.ptp(heat[0]) > 0.1  # not the same everywhere
    torch.testing.assert_close(network(x), before)  # nothing is left behind in the network


def test_a_swin_network_has_a_map():
    from timm.models.swin_transformer import SwinTransformer

    torch.manual_seed(0)
    net = SwinTransformer(
        img_size=64, window_size=4, embed_dim=16, depths=(1, 2), num_heads=(2, 2), num_classes=3
    )
    heat = heat_maps(asked(net), torch.rand(2, 3, 64, 64), np.array([0, 2]))
    assert heat.max() == pytest.approx(1)
    assert np.ptp(heat[0]) > 0.1


@pytest.mark.training
def test_the_heat_lies_where_the_difference_is():
    """A red or a blue square in one quarter tells the class, a green one in another tells nothing."""
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    kinds, quarters = np.arange(48) % 2, np.array([rng.permutation(4)[:2] for _ in range(48)])
    x = rng.normal(0, 0.1, (48, 3, 32, 32)).astype(np.float32)
    corners = np.array([(4, 4), (4, 20), (20, 4), (20, 20)])
    for picture, kind, (own, other) in zip(x, kinds, quarters, strict=True):
        for band, (top, left) in ((2 * kind, corners[own]), (1, corners[other])):
            picture[band, top : top + 8, left : left + 8] += 1
    layers = [nn.Conv2d(3, 8, 5, 2), nn.ReLU(), nn.Conv2d(8, 8, 3), nn.ReLU(), Mean(), nn.Linear(8, 3)]
    network, x, codes = nn.Sequential(*layers), torch.from_numpy(x), torch.from_numpy(kinds)
    adam = torch.optim.Adam(network.parameters(), 1e-2)
    for _ in range(80):
        adam.zero_grad()
        nn.functional.cross_entropy(network(x), codes).backward()
        adam.step()
    one = asked(network, 32)
    assert (one.encoder.embed(x).argmax(1) == codes).all()
    heat = heat_maps(one, x, kinds).reshape(48, 2, 16, 2, 16).sum((2, 4)).reshape(48, 4)
    own, other = heat[np.arange(48), quarters[:, 0]], heat[np.arange(48), quarters[:, 1]]
    assert (own > 1.3 * other).mean() > 0.95


def test_networks_of_a_model_add_up():
    torch.manual_seed(2)
    one, two = (nn.Sequential(nn.Conv2d(3, 4, 3), Mean(), nn.Linear(4, 3)) for _ in range(2))

    class Both(nn.Module):
        def __init__(self):
            super().__init__()
            self.members = nn.ModuleList([one, two])

        def forward(self, x):
            return sum(member(x).softmax(1) for member in self.members) / 2

    x, kinds = torch.rand(2, 3, 24, 24), np.array([0, 1])
    both = heat_maps(asked(Both(), 24, gives="probabilities"), x, kinds)
    assert both.max() == pytest.approx(1)
    assert np.abs(both - heat_maps(asked(one, 24), x, kinds)).max() > 0.01


@pytest.mark.parametrize(
    ("shape", "grid"),
    [
        ((2, 8, 4, 4), (2, 8, 4, 4)),
        ((2, 4, 4, 8), (2, 8, 4, 4)),
        ((2, 17, 8), (2, 8, 4, 4)),
        ((2, 16, 8), (2, 8, 4, 4)),
        ((2, 21, 8), (2, 8, 4, 4)),
        ((2, 8, 1, 1), None),
        ((2, 8), None),
        ((8, 16, 8), None),
        ((2, 34, 8), None),
    ],
)
def test_outputs_that_lie_on_a_grid(shape, grid):
    found = as_grid(torch.rand(shape), 2)
    assert (None if found is None else tuple(found.shape)) == grid


@pytest.fixture(scope="module")
def galaxies(tmp_path_factory):
    """Sixteen made galaxies of two classes, with vectors of an encoder whose numbers tell them apart."""
    root = tmp_path_factory.mktemp("explained")
    write_jpegs(root / "in", 16)
    names = sorted(file.stem for file in (root / "in").glob("*.jpg"))
    lines = [f"{name},{name}.jpg,{('odd', 'even')[number % 2]}" for number, name in enumerate(names)]
    (root / "in" / "catalogue.csv").write_text("\n".join(["id,file,kind", *lines]))
    create_collection(root / "in", root / "galaxies", catalogue=root / "in" / "catalogue.csv", quiet=True)
    collection = Collection.open(root / "galaxies")

    @register_encoder("explained-tiny")
    def tiny():
        """A small convolution."""
        torch.manual_seed(3)
        layers = [nn.Conv2d(3, 6, 5, stride=4), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten()]
        spec = EncoderSpec("explained-tiny", "explained-tiny-1", 24, (), Preprocessing(32))
        return Encoder(spec, nn.Sequential(*layers))

    embed(collection, "explained-tiny", quiet=True)
    return collection


def test_a_probe_says_what_scikit_learn_says(galaxies):
    from tuningfork.embeddings import load_embeddings
    from tuningfork.evaluation.probe import fit_probe

    one = probe_of("explained-tiny", galaxies, "kind")
    assert one.classes == ("even", "odd")
    X = load_embeddings(galaxies).vectors
    labels = np.array(galaxies.catalogue(["kind"])["kind"].to_pylist())
    order = np.random.default_rng(0).permutation(16)
    mean, std = X.mean(0), X.std(0)
    scaled = ((X - mean) * np.where(std > 1e-8, 1 / np.maximum(std, 1e-8), 0)).astype(np.float32)
    expected = fit_probe(scaled[order], labels[order], 0).predict_proba(scaled)
    head = one.encoder.network[-1]
    with torch.no_grad():
        found = one.probabilities(head(torch.from_numpy(X)))
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-3)


def test_a_sheet_has_a_row_for_each_network(galaxies):
    one = probe_of("explained-tiny", galaxies, "kind")
    ids = list(galaxies.ids([0, 3, 5]))
    sheet = comparison_sheet([one, one], galaxies, ids, tile=64)
    assert sheet.shape[1] == 3 * 66 + 2
    assert sheet.shape[0] > 3 * 64
    with pytest.raises(UsageError, match="odd"):
        comparison_sheet([one], galaxies, ids, kind="round")
    with pytest.raises(UnknownNameError, match="galaxy"):
        comparison_sheet([one], galaxies, ["nobody"])
    with pytest.raises(UsageError, match="1 to 64"):
        comparison_sheet([one], galaxies, [])


def test_features_before_the_last_layer(galaxies):
    from tuningfork.embeddings import load_embeddings

    one = probe_of("explained-tiny", galaxies, "kind")
    rows, features, said = penultimate_features(one, galaxies, np.array([4, 2, 9]))
    assert rows.tolist() == [4, 2, 9]
    np.testing.assert_allclose(features, load_embeddings(galaxies).vectors[rows], atol=1e-3)
    assert said.tolist() == [look.kind for look in looks_at(one, galaxies, rows)]
    with pytest.raises(DataError, match="linear layer"):
        penultimate_features(asked(nn.Sequential(nn.Conv2d(3, 2, 3), Mean())), galaxies, np.arange(2))


def test_groups_stay_together_in_the_plane():
    from sklearn.neighbors import KNeighborsClassifier

    rng, codes = np.random.default_rng(0), np.arange(90) % 3
    features = (rng.normal(size=(90, 80)) + 4 * rng.normal(size=(3, 80))[codes]).astype(np.float32)
    for method in ("tsne", "pca"):
        places = lay_out(features, method)
        assert KNeighborsClassifier(5).fit(places, codes).score(places, codes) > 0.95, method
    picture = plane_picture(places, codes, ["a", "b", "<script>"], title="t < u")
    assert picture.count("<circle") == 31
    assert "<script>" not in picture
    with pytest.raises(UnknownNameError, match="tsne"):
        lay_out(features, "tnse")
    with pytest.raises(UsageError, match="10 galaxies"):
        lay_out(features[:5])


def test_the_nearest_labelled_are_never_the_galaxy_itself(galaxies):
    near = nearest_labelled(galaxies, np.arange(4), np.arange(16), k=3)
    assert near.rows.shape == (4, 3)
    assert not (near.rows == np.arange(4)[:, None]).any()
    assert (np.diff(near.cosines, axis=1) <= 0).all()
    few = nearest_labelled(galaxies, np.array([0]), np.array([0, 7]), k=3)
    assert few.rows.tolist() == [[7, -1, -1]]


def test_no_model_and_no_label(galaxies):
    with pytest.raises(UsageError, match="--label COLUMN"):
        open_explained("lvm-tiny", galaxies)
    assert open_explained("explained-tiny", galaxies, "kind").classes == ("even", "odd")
    with pytest.raises(DataError, match="0 values of 'id'"):
        open_explained("explained-tiny", galaxies, "id")
    with pytest.raises(DataError, match="'id' says of no galaxy one of the classes of explained-tiny"):
        features_picture(probe_of("explained-tiny", galaxies, "kind"), galaxies, "id")
    strange = Encoder(EncoderSpec("other", "other-99", 3, (), Preprocessing(32)), nn.Flatten())
    with pytest.raises(EmbeddingError, match="--encoder other "):  # embed knows names, and no keys
        probe_of(strange, galaxies, "kind")
