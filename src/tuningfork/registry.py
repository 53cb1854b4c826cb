"""One Registry for encoders, objectives, heads and strategies: name -> factory, with its description."""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from tuningfork.errors import UnknownNameError

__all__ = ["Registry"]

F = TypeVar("F", bound=Callable)


class Registry(Generic[F]):
    """Named factories of one kind.

    The name of the decorated function (underscores as hyphens) is the key unless one is given; the first
    line of its docstring is the description. A name can be taken once.

    Examples
    --------
    >>> strategies = Registry("strategy")
    >>> @strategies.register()
    ... def greedy():
    ...     "The highest scores first."
    >>> strategies.describe()
    {'greedy': 'The highest scores first.'}
    """

    def __init__(self, kind: str):
        self.kind = kind
        self._entries: dict[str, F] = {}

    def register(self, name: str | None = None) -> Callable[[F], F]:
        """Decorate a factory; raises ``ValueError`` when the name is taken."""

        def add(factory: F) -> F:
            key = name or getattr(factory, "__name__", str(factory)).replace("_", "-")
            if key in self._entries:
                raise ValueError(f"the {self.kind} '{key}' is registered already")
            self._entries[key] = factory
            return factory

        return add

    def get(self, name: str) -> F:
        """The factory of that name; raises `UnknownNameError` with the nearest names."""
        try:
            return self._entries[name]
        except KeyError:
            raise UnknownNameError(self.kind, name, self._entries) from None

    def describe(self) -> dict[str, str]:
        """Name -> first line of the docstring, in order of registration."""
        return {key: (entry.__doc__ or "").strip().split("\n")[0] for key, entry in self._entries.items()}

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
