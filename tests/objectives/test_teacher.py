import pytest
import torch

from tuningfork.encoders import load_encoder
from tuningfork.objectives.distillation import Distillation
from tuningfork.objectives.registry import Views
from tuningfork.objectives.teacher import Teacher, resized


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    return load_encoder("timm:test_resnet:untrained")


def teacher(encoder, dim=8, n=60):
    side = encoder.spec.size
    pictures = torch.rand(n, 3, 4, 4).repeat_interleave(side // 4, 2).repeat_interleave(side // 4, 3)
    return pictures, Teacher(encoder, encoder.embed(as_the_network_takes(encoder, pictures)), dim)


def as_the_network_takes(encoder, pictures):
    """Red first, scaled as photographs are; without a window."""
    scaling = encoder.spec.preprocessing
    mean, std = (torch.tensor(v).view(1, -1, 1, 1) for v in (scaling.mean, scaling.std))
    return ((pictures.flip(1) if scaling.red_first else pictures) - mean) / std


def test_targets_are_centred_of_one_scale_and_in_few_directions(encoder):
    pictures, made = teacher(encoder)
    said = made(pictures)
    assert said.shape == (60, 8)
    assert said.dtype == torch.float32
    assert said.std() == pytest.approx(1, abs=0.2)
    assert said.mean(0).abs().max() < 0.2


def test_what_few_galaxies_do_not_vary_in_is_not_blown_up(encoder):
    pictures, _ = teacher(encoder, dim=32)
    seen = encoder.embed(as_the_network_takes(encoder, pictures[:6]))  # six points, five directions
    assert Teacher(encoder, seen, 32)(pictures[6:]).std() < 10


def test_a_teacher_gets_pictures_as_its_encoder_does(encoder):
    pictures, made = teacher(encoder)
    given = []
    made.network.register_forward_pre_hook(lambda module, args: given.append(args[0]))
    made(pictures[:5])
    assert encoder.spec.preprocessing.red_first  # the order matters to this one
    flat = torch.full((1, encoder.spec.size, encoder.spec.size, 3), 0.25).numpy() * [1, 2, 3]
    made(torch.from_numpy(flat).permute(0, 3, 1, 2).float())
    assert torch.allclose(given[0], as_the_network_takes(encoder, pictures[:5]))
    assert torch.allclose(given[1], encoder.preprocess(list(flat.astype("float32"))), atol=1e-5)


class Pupil(torch.nn.Module):
    """Says what the teacher says, and paints what it was given."""

    def __init__(self, teacher):
        super().__init__()
        self.pool = lambda maps: teacher(maps[0])
        self.maps = lambda x: [x]
        self.decoder = lambda maps: maps[0]


@pytest.mark.parametrize("mixed", [0.0, 1.0])
def test_who_says_the_same_of_the_same_view_has_nothing_to_learn(encoder, mixed):
    pictures, made = teacher(encoder)
    objective = Distillation(made, encoder.spec.size, mixed=mixed)
    loss, parts = objective(Pupil(made), Views(pictures[:16], pictures[:16], pictures[:16]))
    assert loss.item() == pytest.approx(0, abs=1e-4)
    moved = pictures[:16].flip(0)
    loss, parts = objective(Pupil(made), Views(pictures[:16], pictures[:16], moved))
    assert parts["reconstruction"] > 1e-3
    assert parts["away"] == pytest.approx(0, abs=1e-4)


def test_mixes_are_of_this_batch_and_not_drawn_in_evaluation(encoder):
    _, made = teacher(encoder)
    objective = Distillation(made, 32, mixed=1.0)
    flat = torch.arange(6.0).view(6, 1, 1, 1).expand(6, 3, 8, 8)
    one, clean = objective._mixed(flat, flat * 2)
    assert torch.allclose(one * 2, clean)
    assert one.min() >= 0
    assert one.max() <= 5
    assert not torch.equal(one, flat)
    objective.eval()
    assert objective._mixed(flat, flat)[0] is flat


def test_a_teacher_is_never_in_training_and_asks_for_no_gradients(encoder):
    _, made = teacher(encoder)
    Distillation(made, 32).train()
    assert not any(m.training for m in made.modules())
    assert not any(p.requires_grad for p in made.parameters())


def test_pictures_of_the_right_size_are_left_alone():
    x = torch.rand(1, 3, 8, 8)
    assert resized(x, 8) is x
    assert resized(torch.ones(1, 1, 12, 12), 8).allclose(torch.ones(1, 1, 8, 8))


def test_pictures_are_resized_in_half_precision_training_too():
    with torch.autocast("cpu", torch.bfloat16):
        assert resized(torch.ones(1, 3, 12, 12), 8).dtype == torch.float32
