from .collection import Collection as Collection
from .collection import create_collection as create_collection
from .embeddings import embed as embed
from .embeddings import search as search
from .encoders import load_encoder as load_encoder
from .encoders import register_encoder as register_encoder
from .labelling import Question as Question
from .labelling import Session as Session

__version__: str
