from .devices import ACCELERATORS as ACCELERATORS
from .devices import Devices as Devices
from .devices import in_first_process as in_first_process
from .early import EarlyStop as EarlyStop
from .engine import EngineSettings as EngineSettings
from .engine import fit as fit
from .feeding import NumberedBatches as NumberedBatches
from .run_folder import RunFolder as RunFolder
