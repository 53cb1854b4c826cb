"""The stand-in operators make torchvision importable, and suppress as the definition says."""

import subprocess
import sys

import pytest

from tuningfork.vision_ops import _nms, ensure_vision_ops

torch = pytest.importorskip("torch")


def test_timm_can_be_imported_afterwards():
    code = "from tuningfork.vision_ops import ensure_vision_ops as e; e(); e(); import timm, torchvision"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_the_registered_operator_suppresses_boxes():
    ensure_vision_ops()
    boxes = torch.tensor([[0.0, 0, 10, 10], [1, 1, 11, 11], [20, 20, 30, 30]])
    kept = torch.ops.torchvision.nms(boxes, torch.tensor([0.5, 0.9, 0.1]), 0.5)
    assert kept.tolist() == [1, 2]


def slow_nms(boxes, scores, threshold):
    def overlap(a, b):
        width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
        height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
        area = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - width * height
        return width * height / area

    kept = []
    for index in sorted(range(len(boxes)), key=lambda i: -scores[i]):
        if all(overlap(boxes[index], boxes[other]) <= threshold for other in kept):
            kept.append(index)
    return kept


@pytest.mark.parametrize("seed", range(5))
def test_suppression_agrees_with_a_plain_loop(seed):
    draw = torch.Generator().manual_seed(seed)
    corner = torch.rand(30, 2, generator=draw) * 40
    boxes = torch.cat([corner, corner + 1 + torch.rand(30, 2, generator=draw) * 20], dim=1)
    scores = torch.rand(30, generator=draw)
    assert _nms(boxes, scores, 0.3).tolist() == slow_nms(boxes.tolist(), scores.tolist(), 0.3)


def test_no_boxes_give_no_indices():
    assert _nms(torch.empty(0, 4), torch.empty(0), 0.5).shape == (0,)
