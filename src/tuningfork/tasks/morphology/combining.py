"""Several networks as one: members of a stage are averaged, a merged group is parted by its own members.

Stage one tells groups, of which some are classes and some several classes merged; stage two parts those:
p(class) = p1(group) p2(class | group) (HIWL: Ma et al. 2023). Without merged groups it is a plain mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from torch import nn

from tuningfork.encoders.contract import Encoder
from tuningfork.errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Combined", "Member", "check_members", "stage_one_answers"]


@dataclass(frozen=True)
class Member:
    """One network of a model.

    Parameters
    ----------
    encoder : Encoder
        Its embedding are logits (n, answers); a body and a linear layer behind it, as `torch.nn.Sequential`.
    answers : tuple of str
        What it tells apart, in the order of the logits: classes, in stage one also groups.
    group : str
        The merged group that it parts; "" for a member of stage one, or of a model of one stage.
    built : dict
        ``network`` and ``shape`` of the body, as `tuningfork.encoders.trainable.new_network` tells them;
        found from the encoder's name when empty.
    """

    encoder: Encoder
    answers: tuple[str, ...]
    group: str = ""
    built: dict[str, Any] = field(default_factory=dict)


def stage_one_answers(classes: Sequence[str], groups: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Groups and unmerged classes, in the order in which their first class stands among the classes."""
    of_class = {name: group for group, names in groups.items() for name in names}
    return tuple(dict.fromkeys(of_class.get(name, name) for name in classes))


def check_members(
    classes: tuple[str, ...], groups: dict[str, tuple[str, ...]], members: Sequence[Member]
) -> None:
    """Raise `UsageError` unless every class gets its probability, once."""
    merged = [name for names in groups.values() for name in names]
    if len(set(merged)) != len(merged) or not set(merged) <= set(classes):
        raise UsageError("a merged group holds classes of the model, and no class is in two groups")
    if any(len(names) < 2 or group in classes for group, names in groups.items()):
        raise UsageError("a merged group holds two classes or more, and bears no class's name")
    wanted = {"": set(stage_one_answers(classes, groups)), **{g: set(names) for g, names in groups.items()}}
    for member in members:
        if member.group not in wanted:
            raise UsageError(f"a member parts '{member.group}', which is no merged group")
        if set(member.answers) != wanted[member.group] or len(member.answers) != len(wanted[member.group]):
            stage = f"the stage that parts '{member.group}'" if member.group else "the first stage"
            raise UsageError(
                f"a member of {stage} answers {', '.join(member.answers)}, "
                f"not {', '.join(sorted(wanted[member.group]))}"
            )
    lacking = [group or "all galaxies" for group in wanted if group not in {m.group for m in members}]
    if lacking:
        raise UsageError(f"no member for {', '.join(lacking)}")
    first = members[0].encoder.spec
    if any((m.encoder.spec.preprocessing, m.encoder.spec.learnt_from) != _contract(first) for m in members):
        raise UsageError(
            "the members of a model share one preprocessing and one kind of pixels",
            remedy="Train them with the same size, window and scaling",
        )


def _contract(spec: Any) -> tuple[Any, Any]:
    return spec.preprocessing, spec.learnt_from


class Combined(nn.Module):
    """Networks that give logits, as one that gives probabilities of the classes."""

    def __init__(
        self, classes: tuple[str, ...], groups: dict[str, tuple[str, ...]], members: Sequence[Member]
    ):
        super().__init__()
        self.members = nn.ModuleList(member.encoder.network for member in members)
        self._stages = [(member.group, member.answers) for member in members]
        self._classes = classes
        self._group_of = {name: group for group, names in groups.items() for name in names}

    def forward(self, x: "Tensor") -> "Tensor":
        """``[N, C, S, S]`` prepared stamps -> ``[N, classes]`` probabilities, float32."""
        return self.joined([network(x) for network in self.members])

    def joined(self, logits: "Sequence[Tensor]") -> "Tensor":
        """What each member says, ``[N, answers]`` -> ``[N, classes]`` probabilities, float32."""
        import torch

        said: dict[str, dict[str, Tensor]] = {}
        for (group, answers), own in zip(self._stages, logits, strict=True):
            shares = own.float().softmax(1).unbind(1)
            told = said.setdefault(group, {})
            for answer, share in zip(answers, shares, strict=True):
                told[answer] = told[answer] + share if answer in told else share
        count = {group: sum(stage == group for stage, _ in self._stages) for group in said}

        def mean(group: str, answer: str) -> "Tensor":
            return said[group][answer] / count[group]

        columns = []
        for name in self._classes:
            group = self._group_of.get(name)
            columns.append(mean("", name) if group is None else mean("", group) * mean(group, name))
        return torch.stack(columns, 1)
