from .abstaining import Abstention as Abstention
from .abstaining import abstain_threshold as abstain_threshold
from .abstaining import answered_at as answered_at
from .abstaining import purity_completeness as purity_completeness
from .by_fact import FactBin as FactBin
from .by_fact import by_fact as by_fact
from .calibration import Reliability as Reliability
from .calibration import fit_temperature as fit_temperature
from .calibration import reliability as reliability
from .calibration import tempered as tempered
from .classified import Number as Number
from .classified import OutputCounts as OutputCounts
from .classified import area_under_roc as area_under_roc
from .classified import headline as headline
from .classified import output_counts as output_counts
from .conformal import Coverage as Coverage
from .conformal import conformal_threshold as conformal_threshold
from .conformal import coverage_of as coverage_of
from .conformal import prediction_sets as prediction_sets
from .confusion import ClassNumbers as ClassNumbers
from .confusion import class_numbers as class_numbers
from .confusion import confusion_matrix as confusion_matrix
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
from .judged import Judged as Judged
from .macro_f1 import bootstrap_macro_f1 as bootstrap_macro_f1
from .macro_f1 import macro_f1_lead as macro_f1_lead
from .many_labels import label_numbers as label_numbers
from .measurements import MEASUREMENTS as MEASUREMENTS
from .measurements import measure as measure
from .votes import VoteScore as VoteScore
from .votes import vote_scores as vote_scores
