import numpy as np
import pytest
import torch

from tuningfork.encoders.lvm.network import LVMDecoder, LVMEncoder, LVMShape
from tuningfork.encoders.lvm.swin import SwinLayer, WindowAttention, window_size_for

SMALL = LVMShape(width=16, depths=(2, 2, 2, 2), heads=(1, 2, 2, 4))


def test_number_of_parameters_of_lvm_tiny():
    assert sum(p.numel() for p in LVMEncoder(LVMShape()).parameters()) == 6_164_628
    assert sum(p.numel() for p in LVMDecoder(LVMShape()).parameters()) == pytest.approx(1_764_723, abs=20)


@pytest.mark.parametrize("side", [32, 64, 96, 100, 128])
def test_any_size_gives_maps_of_the_declared_strides(side):
    maps = LVMEncoder(SMALL).maps(torch.rand(2, 3, side, side))
    assert [m.shape[-1] for m in maps] == [16, 32, 64, 128]
    assert [m.shape[1] for m in maps] == [-(-side // s) for s in SMALL.strides]


@pytest.mark.parametrize("skips", ["full", "none"])
def test_the_decoder_paints_a_picture_of_the_input_size(skips):
    shape = LVMShape(width=16, depths=(1, 1, 1, 1), heads=(1, 2, 2, 4), skips=skips)
    x = torch.rand(2, 3, 64, 64)
    assert LVMDecoder(shape)(LVMEncoder(shape).maps(x)).shape == x.shape


def test_window_attention_is_attention():
    torch.manual_seed(0)
    layer = WindowAttention(dim=8, heads=2, window=3)
    x = torch.randn(4, 9, 8)
    q, k, v = layer.qkv(x).reshape(4, 9, 3, 2, 4).permute(2, 0, 3, 1, 4)
    bias = torch.zeros(2, 9, 9)
    for i in range(9):
        for j in range(9):
            bias[:, i, j] = layer.bias[:, i // 3 - j // 3 + 2, i % 3 - j % 3 + 2]
    slow = ((q @ k.transpose(-1, -2) / 2 + bias).softmax(-1) @ v).transpose(1, 2).reshape(4, 9, 8)
    torch.testing.assert_close(layer(x, 3, None), layer.out(slow))


def test_shifted_windows_do_not_join_opposite_edges():
    torch.manual_seed(0)
    layer = SwinLayer(8, 2, 4, shifted=True)
    x = torch.randn(1, 16, 16, 8)
    moved = x.clone()
    moved[0, 15, 15] += 5.0
    change = (layer.attend(moved) - layer.attend(x)).abs().sum(-1)[0]
    assert change[15, 15] > 0
    assert change[0, 0] == 0
    assert change[:8].max() == 0


def test_padding_changes_nothing_inside():
    torch.manual_seed(0)
    layer = SwinLayer(8, 2, 8, shifted=False)
    x = torch.randn(1, 11, 11, 8)  # 11 has no divisor from 4 to 8: padded to 16
    changed = x.clone()
    changed[0, :8, :8] += 1.0
    assert (layer.attend(changed) - layer.attend(x))[0, 8:].abs().max() == 0
    assert window_size_for(11, 8) == 8


def test_embedding_hardly_depends_on_the_batch():
    encoder = LVMEncoder(SMALL).eval()
    x = torch.rand(5, 3, 64, 64)
    np.testing.assert_allclose(encoder(x)[3:4].detach(), encoder(x[3:4]).detach(), atol=1e-5)
