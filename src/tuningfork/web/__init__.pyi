from .app import create_app as create_app
from .notebook import label_widget as label_widget
from .server import serve as serve
