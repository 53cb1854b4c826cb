"""How a training ends before its last epoch: what is said, and by which process."""

from tuningfork.errors import TuningforkError
from tuningfork.memory import is_out_of_memory
from tuningfork.training.devices import Devices, is_of_another
from tuningfork.training.lost import LossError
from tuningfork.training.run_folder import RunFolder

__all__ = ["reason_of"]


def reason_of(error: BaseException, devices: Devices, run: RunFolder, batches: int) -> BaseException:
    """What to raise for an error in the middle of a training: itself, or a line that says more.

    A loss that is no number, Ctrl-C and a full disk are known to all processes. Anything else is not: this
    process then leaves the others (`Devices.leave`).
    """
    if isinstance(error, LossError):
        return error.in_run(run) if devices.rank == 0 else error
    if isinstance(error, KeyboardInterrupt | SystemExit):
        return error
    devices.leave()
    kept = "the checkpoint is from before" if run.checkpoint.exists() else "there was no checkpoint yet"
    if is_out_of_memory(error):
        elsewhere = ", in a new folder" if run.checkpoint.exists() else ""
        return TuningforkError(
            f"out of memory on {devices.fabric.device} after {batches} batches; {kept}",
            where=str(run.path),
            remedy=f"Take a smaller --batch{elsewhere}, or close what else uses that memory",
        )
    if devices.world > 1 and is_of_another(error):
        return TuningforkError(
            f"another process of this training has ended, and said why; {kept}",
            where=str(run.path),
            remedy="Mend that, then run the same command: it goes on from the last checkpoint",
        )
    return error
