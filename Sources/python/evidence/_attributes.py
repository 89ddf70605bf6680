"""The command's JSON as attributes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any


class Attributes(Mapping):
    """An object of JSON: ``summary.log_likelihood.mean``, or by the JSON's own keys ``summary["logLikelihood"]["mean"]``.

    What JSON has null for (a number that can't be said) is None.
    """

    def __init__(self, values: Mapping[str, Any]):
        self._values = dict(values)
        self._names = {snake(key): key for key in self._values}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        key = self._names.get(name)
        if key is None:
            raise AttributeError(f"there is no {name} here; there are {', '.join(self._names)}")
        return wrapped(self._values[key])

    def __getitem__(self, key: str) -> Any:
        return wrapped(self._values[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._names]

    def __repr__(self) -> str:
        return json.dumps(self._values, indent=2, ensure_ascii=False)

    def to_dict(self) -> dict[str, Any]:
        """A plain dictionary, with the JSON's keys."""
        return json.loads(json.dumps(self._values))

    def __getstate__(self) -> dict[str, Any]:
        return self._values

    def __setstate__(self, values: dict[str, Any]) -> None:
        self.__init__(values)


def snake(key: str) -> str:
    """``dataStandardError`` as ``data_standard_error``."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda m: "_" + m[1].lower(), key)


def wrapped(value: Any) -> Any:
    if isinstance(value, Mapping):
        return value if isinstance(value, Attributes) else Attributes(value)
    if isinstance(value, list):
        return [wrapped(item) for item in value]
    return value
