"""The widget as anywidget wants it; imported when one is made."""

from typing import Any

import anywidget
import traitlets

from tuningfork.web.notebook.bridge import Bridge
from tuningfork.web.notebook.files import cell_script

__all__ = ["LabelWidget"]


class LabelWidget(anywidget.AnyWidget):
    """Made by `label_widget`. ``height`` may be set; ``bridge.app`` is the page's application."""

    _esm = cell_script()
    height = traitlets.Int(680, min=320, max=2400).tag(sync=True)
    session = traitlets.Unicode("").tag(sync=True)

    def __init__(self, target: Any, *, height: int, **settings: Any):
        first = target.name if hasattr(target, "next_batch") else ""
        super().__init__(height=height, session=first)
        self.bridge = Bridge(target, **settings)
        self.on_msg(self._on_message)

    def _on_message(self, _: Any, content: Any, buffers: Any) -> None:
        reply = self.bridge.answer(content)
        if reply is not None:
            self.send(*reply)
