"""The page as a widget in a notebook: the same modules, the same routes, messages instead of HTTP."""

from tuningfork.web.notebook.widget import label_widget

__all__ = ["label_widget"]
