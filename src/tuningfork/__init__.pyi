from .collection import Collection as Collection
from .collection import create_collection as create_collection
from .collection import to_astropy as to_astropy
from .embeddings import embed as embed
from .embeddings import search as search
from .encoders import load_encoder as load_encoder
from .encoders import register_encoder as register_encoder
from .labelling import HumanLoop as HumanLoop
from .labelling import Question as Question
from .labelling import Session as Session
from .labelling import create_session as create_session
from .labelling import human_loop as human_loop
from .labelling import open_session as open_session
from .web import label_widget as label_widget

__version__: str
