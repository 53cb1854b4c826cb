from .contract import Encoder as Encoder
from .contract import EncoderSpec as EncoderSpec
from .names import (
    list_encoders as list_encoders,
)
from .names import (
    load_encoder as load_encoder,
)
from .names import (
    register_encoder as register_encoder,
)
from .preprocessing import Preprocessing as Preprocessing
from .provenance import verify_weights as verify_weights
from .provenance import weights_info as weights_info
