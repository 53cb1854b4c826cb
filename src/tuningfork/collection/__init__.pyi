from .create import (
    CreateReport as CreateReport,
)
from .create import (
    add_to_collection as add_to_collection,
)
from .create import (
    create_collection as create_collection,
)
from .export import export_catalogue as export_catalogue
from .filters import rows_where as rows_where
from .joining import JoinReport as JoinReport
from .joining import join_catalogue as join_catalogue
from .readers.source import Rejected as Rejected
from .store import Collection as Collection
from .tables import read_table as read_table
from .tables import write_table as write_table
from .tables_memory import arrow_table as arrow_table
from .tables_memory import to_astropy as to_astropy
from .vector_index import StoredVectors as StoredVectors
from .vector_index import build_vector_index as build_vector_index
from .vectors import VectorTable as VectorTable
