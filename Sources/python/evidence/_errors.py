"""What is raised and what is warned of."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property
from typing import Any

from ._words import python_words


class EvidenceWarning(UserWarning):
    """Something that the numbers should be read with."""


class EvidenceError(Exception):
    """Something that the command refused or could not do.

    Attributes
    ----------
    message : str
        What is wrong, and where.
    path : str or None
        The file, and the path inside it.
    expected, found : str or None
        What was expected and what was found, where the error says them apart.
    remedy : str or None
        What to do, in the arguments of this package.
    status : int or None
        The command's exit status; None where it was not started.
    """

    def __init__(self, message: str, *, path: str | None = None, expected: str | None = None,
                 found: str | None = None, remedy: str | None = None, status: int | None = None):
        super().__init__(message)
        self.message, self.path, self.expected, self.found = message, path, expected, found
        self.remedy, self.status = remedy, status

    def __str__(self) -> str:
        lines = [self.message]
        known = [f"{name} {value}" for name, value in (("expected", self.expected), ("found", self.found))
                 if value and value not in self.message]
        if known:
            lines.append(", ".join(known))
        if self.remedy and self.remedy not in self.message:
            lines.append(self.remedy)
        return "\n".join(lines)

    def __reduce__(self):
        parts = {name: getattr(self, name) for name in ("path", "expected", "found", "remedy", "status")}
        return _restored, (type(self), self.message, parts)


class SettingError(EvidenceError, ValueError):
    """An argument that does not exist or makes no sense."""


class InputError(EvidenceError, ValueError):
    """The model or the data are not what they should be."""


class MissingFileError(EvidenceError, FileNotFoundError):
    """There is no such file."""


class ResourceError(EvidenceError, MemoryError):
    """The system refuses memory or threads."""


class OutputError(EvidenceError, OSError):
    """The output can't be made, or reading or writing failed."""


class CommandError(EvidenceError, RuntimeError):
    """The command is not there, was ended from outside, or has a fault."""


class Interrupted(KeyboardInterrupt):
    """A run that was stopped by Ctrl-C or a notebook's stop."""

    def __init__(self, message: str, result: Callable[[], Any] = lambda: None):
        super().__init__(message)
        self._result = result

    @cached_property
    def result(self) -> Any:
        """The Result, Units or Check of the examples that were finished; None where it can't be said."""
        return self._result()


CLASSES = {64: SettingError, 65: InputError, 66: MissingFileError, 71: ResourceError, 73: OutputError, 74: OutputError}


def from_event(event: dict[str, Any]) -> EvidenceError:
    """The exception for the error that the command wrote with ``--progress json``."""
    message, found, expected = event.get("message") or event["text"], event.get("found"), event.get("expected")
    path = "".join(f": {part}" for part in (event.get("file"), event.get("path")) if part)[2:] or None
    return _made(event["status"], message, path, expected, found, event.get("remedy"))


def from_text(status: int, text: str) -> EvidenceError:
    """The exception for an error in the command's plain lines: wrong usage, which is found before it reads `--progress`."""
    lines = [line.strip().removeprefix("evidence: ") for line in text.splitlines() if line.strip()]
    lines = [line for line in lines if "--help' for more" not in line]
    return _made(status, lines[0] if lines else f"the command ended with status {status} and said nothing",
                 remedy="\n".join(lines[1:]))


def _made(status: int, message: str, path=None, expected=None, found=None, remedy=None) -> EvidenceError:
    if expected is None and (said := re.search(r"expected (.+?)[,;] found (.+?)(?=[;\n]|: |$)", message)):
        expected, found = said.groups()
    if path is None and (said := re.match(r"(\S+\.\w+(?:: /\S+?)?|data|model): ", message)):
        path = said.group(1)
    elif path and not message.startswith(path):
        message = f"{path}: {message}"
    return CLASSES.get(status, CommandError)(
        python_words(message), path=path, expected=expected, found=found, remedy=python_words(remedy or "") or None,
        status=status)


def _restored(cls, message, parts):
    return cls(message, **parts)
