"""The human loop: a question, answers that are never lost, what to ask next, and the table to take home."""

from importlib import import_module

_HOMES = {
    "Ack": "label_log",
    "Choice": "choices",
    "LabelLog": "label_log",
    "NewAnswer": "label_log",
    "Question": "question",
    "Ranking": "ranker",
    "Session": "session",
    "Undone": "label_log",
    "create_session": "opening",
    "export_session": "export",
    "list_sessions": "settings",
    "open_session": "opening",
}

__all__ = [
    "Ack",
    "Choice",
    "LabelLog",
    "NewAnswer",
    "Question",
    "Ranking",
    "Session",
    "Undone",
    "create_session",
    "export_session",
    "list_sessions",
    "open_session",
]


def __getattr__(name: str):
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
