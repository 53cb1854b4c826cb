from .engine import EngineSettings as EngineSettings
from .engine import fit as fit
from .run_folder import RunFolder as RunFolder
