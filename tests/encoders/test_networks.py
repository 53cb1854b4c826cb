"""The length of an embedding is what the network gives, also where a layer stands before the classes."""

import pytest
import torch

from tuningfork.encoders.trainable import new_network


@pytest.mark.parametrize(
    ("name", "size", "dim"),
    [
        ("torchvision:alexnet", 64, 4096),
        ("timm:mobilenetv3_small_050", 32, 1024),
        ("timm:resnet10t", 32, 512),
    ],
)
def test_the_embedding_is_as_long_as_it_says(name, size, dim):
    network, said, facts = new_network(name)
    with torch.inference_mode():
        vectors = network.eval()(torch.rand(1, 3, size, size))
    assert vectors.shape == (1, dim)
    assert said == dim
    assert facts["shape"] == {"name": name.partition(":")[2]}
