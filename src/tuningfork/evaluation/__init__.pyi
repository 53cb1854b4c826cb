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
from .features import (
    probe_answers as probe_answers,
)
from .intervals import Interval as Interval
from .intervals import bootstrap as bootstrap
from .intervals import bootstrap_draws as bootstrap_draws
from .intervals import wilson as wilson
from .macro_f1 import bootstrap_macro_f1 as bootstrap_macro_f1
from .macro_f1 import macro_f1_lead as macro_f1_lead
from .measurements import MEASUREMENTS as MEASUREMENTS
from .measurements import measure as measure
