from .duplicates import duplicates_in as duplicates_in
from .duplicates import fingerprint as fingerprint
from .duplicates import same_sky as same_sky
from .features import (
    FeatureTask as FeatureTask,
)
from .features import (
    Score as Score,
)
from .features import (
    judge_features as judge_features,
)
from .features import (
    majority as majority,
)
from .intervals import Interval as Interval
from .intervals import bootstrap as bootstrap
from .intervals import wilson as wilson
from .measurements import MEASUREMENTS as MEASUREMENTS
from .measurements import measure as measure
