"""Any network as ONNX, run on the processor, as an encoder."""

from pathlib import Path
from typing import Any

import torch
from torch import nn

from tuningfork.encoders.contract import Encoder, EncoderSpec
from tuningfork.encoders.keys import encoder_key
from tuningfork.encoders.onnx_files import checked_model, model_hash, told_preprocessing
from tuningfork.encoders.preprocessing import Preprocessing
from tuningfork.errors import WeightsError
from tuningfork.extras import install_command

__all__ = ["onnx_encoder"]


def onnx_encoder(path: Path) -> Encoder:
    """The encoder in an ONNX file.

    Its first input is float32 ``[N, C, H, W]`` with N free or fixed, its first output ``[N, D]`` (or
    ``[N, D, 1, 1]``). How stamps become that input stands in ``PATH.toml`` or in the model's metadata
    ``tuningfork.preprocessing``, as JSON: the settings of `Preprocessing`, and a table ``learnt_from`` where
    known.

    Raises
    ------
    WeightsError
        When the file is not there, not ONNX, has another kind of input or output, or nothing says how its
        input is made.
    """
    path = path.expanduser()
    model = checked_model(path)
    preprocessing, learnt_from = told_preprocessing(model, path)
    network = _Onnx(path, preprocessing)
    key = encoder_key(f"onnx-{path.stem}"[:64], model_hash(model, path), preprocessing, None, learnt_from)
    name = f"onnx:{path.resolve()}"
    return Encoder(EncoderSpec(name, key, network.dim, (), preprocessing, learnt_from), network)


class _Onnx(nn.Module):
    """An ONNX session as a module. Its runs take one core each: `embed` runs one in each of its threads."""

    def __init__(self, path: Path, preprocessing: Preprocessing):
        super().__init__()
        self._path, self._session = path, _session(path)
        self._input = self._session.get_inputs()[0]
        self._fixed = _fixed_batch(self._input, preprocessing, path)
        side, bands = preprocessing.size, preprocessing.bands
        self.dim = int(self._run(torch.zeros(self._fixed or 1, bands, side, side)).shape[1])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        parts = [self._padded(part) for part in x.split(self._fixed or len(x))]
        return torch.cat(parts).to(x.device)

    def _padded(self, part: torch.Tensor) -> torch.Tensor:
        lacking = (self._fixed or len(part)) - len(part)
        whole = torch.cat([part, part.new_zeros(lacking, *part.shape[1:])]) if lacking else part
        return self._run(whole)[: len(part)]

    def _run(self, x: torch.Tensor) -> torch.Tensor:
        given = {self._input.name: x.detach().float().cpu().contiguous().numpy()}
        try:
            out = self._session.run(None, given)[0]
        except Exception as error:  # the runtime has exceptions of its own, without a common kind
            raise WeightsError(
                f"the network cannot be run ({_first_line(error)})", where=str(self._path)
            ) from error
        if out.ndim == 4 and out.shape[2:] == (1, 1):
            out = out[:, :, 0, 0]
        if out.ndim != 2 or len(out) != len(x) or out.dtype.kind != "f":
            raise WeightsError(
                f"its first output is {out.dtype} {out.shape} for {len(x)} stamps, not one vector each",
                where=str(self._path),
            )
        return torch.from_numpy(out).float()


def _session(path: Path) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise WeightsError(
            "onnxruntime is not installed", where=str(path), remedy=f"Run: {install_command('onnx')}"
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise WeightsError(
            f"the ONNX network cannot be used ({_first_line(error)})", where=str(path)
        ) from error


def _fixed_batch(taken: Any, preprocessing: Preprocessing, path: Path) -> int | None:
    """The batch the network insists on, or None; raises when its input is not what is made for it."""
    side = preprocessing.size
    wanted = (preprocessing.bands, side, side)
    makes = f"[N, {preprocessing.bands}, {side}, {side}]"
    shape = list(taken.shape)
    fits = len(shape) == 4 and all(
        not isinstance(have, int) or have == want for have, want in zip(shape[1:], wanted, strict=False)
    )
    if taken.type != "tensor(float)" or not fits:
        raise WeightsError(
            f"its input is {taken.type} {shape}, but the preprocessing makes float32 {makes}",
            where=str(path),
        )
    return shape[0] if isinstance(shape[0], int) and shape[0] > 0 else None


def _first_line(error: Exception) -> str:
    return (str(error).strip().split("\n")[0] or type(error).__name__)[:160]
