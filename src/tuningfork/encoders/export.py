"""An encoder as an ONNX file that says how its input is made, for use outside this house."""

import io
import json
import tempfile
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tuningfork.config import to_table
from tuningfork.errors import UsageError, WeightsError
from tuningfork.extras import install_command
from tuningfork.files import write_atomically

__all__ = ["export_onnx"]

_OPSET = 17
_TOLERANCE = 1e-4  # of the largest number of an embedding


def export_onnx(name: str, out: Path) -> dict[str, Any]:
    """Write an encoder as ONNX, with its preprocessing in the metadata, and check it against the original.

    Parameters
    ----------
    name : str
        As `tuningfork.encoders.load_encoder` takes it.
    out : Path
        A ``.onnx`` file; the batch is free.

    Returns
    -------
    dict
        ``name``, ``path``, ``bytes``, ``dim``, ``largest_difference`` (relative to the largest number).

    Raises
    ------
    WeightsError
        When the packages are not there, or the file does not give the encoder's numbers.
    """
    import torch

    from tuningfork.encoders.names import load_encoder
    from tuningfork.encoders.onnx_files import METADATA
    from tuningfork.encoders.onnx_networks import onnx_encoder

    if out.suffix != ".onnx":
        raise UsageError(
            "an exported network is an ONNX file", where=str(out), remedy=f"Call it {out.stem}.onnx"
        )
    try:
        import onnx
    except ImportError as error:
        raise WeightsError("onnx is not installed", remedy=f"Run: {install_command('onnx')}") from error
    encoder = load_encoder(name)
    spec, buffer = encoder.spec, io.BytesIO()
    x = torch.rand(3, spec.bands, spec.size, spec.size, generator=torch.Generator().manual_seed(0))
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # of the tracer, about shapes that are fixed here on purpose
        torch.onnx.export(
            encoder.network,
            (x[:2],),
            buffer,
            input_names=["stamps"],
            output_names=["embedding"],
            dynamic_axes={"stamps": {0: "n"}, "embedding": {0: "n"}},
            opset_version=_OPSET,
            dynamo=False,
        )
        wanted = encoder.embed(x)
    model = onnx.load_model_from_string(buffer.getvalue())
    learnt = {} if spec.learnt_from is None else {"learnt_from": to_table(spec.learnt_from)}
    told = json.dumps({**asdict(spec.preprocessing), **learnt})
    onnx.helper.set_model_props(model, {METADATA: told, "tuningfork.encoder": spec.key})
    data = model.SerializeToString()
    with tempfile.TemporaryDirectory(
        prefix="tuningfork-"
    ) as folder:  # a file of that name stays until it is sure
        trial = Path(folder, out.name)
        trial.write_bytes(data)
        difference = float((onnx_encoder(trial).embed(x) - wanted).abs().max() / wanted.abs().max())
    if not difference <= _TOLERANCE:
        raise WeightsError(
            f"as ONNX it gives other numbers (by {difference:.1g} of the largest, {_TOLERANCE:g} is allowed)",
            where=name,
        )
    write_atomically(out, data)
    size = out.stat().st_size
    return {"name": name, "path": str(out), "bytes": size, "dim": spec.dim, "largest_difference": difference}
