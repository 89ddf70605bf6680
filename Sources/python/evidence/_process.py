"""One run of the command: arguments in, JSON and text out, with progress, warnings and errors on the way."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import warnings
from dataclasses import dataclass, field
from typing import Any, Callable, Sequence

from . import _binary
from ._errors import CommandError, EvidenceWarning, InputError, from_event, from_text
from ._progress import Progress
from ._words import python_words


@dataclass
class Output:
    """What a run printed."""

    status: int
    stdout: str = ""
    text: str = ""
    warnings: list[str] = field(default_factory=list)
    interrupted: bool = False
    #: Where a shard's rows went.
    file: str | None = None
    #: What an interrupted run said of itself.
    stop: str = ""

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.stdout)


def run(words: Sequence[str], *, progress: bool | None = False, names: dict[str, str] | None = None,
        events: bool = True, stack: int = 3) -> Output:
    """Runs the command and waits for it.

    Parameters
    ----------
    words : sequence of str
        The command line, without the command's name.
    progress : bool or None
        Whether progress is shown; None: where somebody looks.
    names : dict, optional
        Paths of temporary files, and what they are called in messages.
    events : bool
        Whether the command knows ``--progress json``.
    stack : int
        How far up the caller is whose line a warning names.

    Returns
    -------
    Output
        Of a run that ended with status 0, or that was interrupted.

    Raises
    ------
    EvidenceError
        Where the command says what is wrong.
    """
    replaced = _replacing(names or {})
    words = [os.fspath(word) for word in words] + (["--progress", "json", "--format", "json"] if events else [])
    output, plain = Output(0), []
    error: dict[str, Any] | None = None
    with Progress(progress) as bar:
        def line(raw: bytes) -> None:
            nonlocal error
            words = replaced(raw.decode("utf-8", "replace"))
            if not words.startswith("{"):
                plain.append(words)
                return
            event = json.loads(words)
            kind = event.get("event")
            if kind == "progress":
                bar.update(event)
            elif kind == "warning":
                output.warnings.append(python_words(event["message"]))
            elif kind == "text":
                output.text = event["text"]
            elif kind == "note":
                output.file = event.get("file") or output.file
            elif kind == "error":
                error = event

        status, stdout, output.interrupted = _supervise(words, line)
    output.status, output.stdout = status, replaced(stdout.decode("utf-8", "replace"))
    output.stop = error["message"] if error else ""
    if status == 0 or output.interrupted:
        for warning in output.warnings:
            warnings.warn(EvidenceWarning(warning), stacklevel=stack)
        return output
    if status < 0:
        raise _ended_by(-status, words, names or {})
    raise from_event(error) if error else from_text(status, "\n".join(plain))


def _replacing(names: dict[str, str]) -> Callable[[str], str]:
    longest = sorted(names, key=len, reverse=True)

    def replaced(text: str) -> str:
        for path in longest:
            text = text.replace(path, names[path])
        return text
    return replaced


def _supervise(words: Sequence[str], line: Callable[[bytes], None]) -> tuple[int, bytes, bool]:
    """Starts the command, as its supervisor: it ends when this process does, and a crash of it is reported here.

    The command watches a pipe that closes with this process (docs/decisions/isolation.md).
    """
    watched, kept = os.pipe()
    environment = dict(os.environ, EVIDENCE_SUPERVISOR=f"{os.getpid()}:{watched}", SWIFT_BACKTRACE="enable=no")
    try:
        try:
            # A session of its own: Ctrl-C comes to this process alone, which passes it on once.
            child = subprocess.Popen(
                [_binary.find(), *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                pass_fds=[watched], env=environment, start_new_session=True)
        finally:
            os.close(watched)
        try:
            stdout, interrupted = _read(child, line)
            return child.wait(), stdout, interrupted
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
            child.stdout.close()
            child.stderr.close()
    finally:
        os.close(kept)


def _read(child: subprocess.Popen, line: Callable[[bytes], None]) -> tuple[bytes, bool]:
    """Reads both streams to their ends. The first interrupt asks the command to stop cleanly, the second ends it."""
    stdout, rest, interrupted = [], b"", False
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        selector.register(child.stderr, selectors.EVENT_READ)
        while selector.get_map():
            try:
                for key, _ in selector.select():
                    block = os.read(key.fileobj.fileno(), 1 << 16)
                    if not block:
                        selector.unregister(key.fileobj)
                    elif key.fileobj is child.stdout:
                        stdout.append(block)
                    else:
                        *lines, rest = (rest + block).split(b"\n")
                        for each in lines:
                            line(each)
            except KeyboardInterrupt:
                if interrupted:
                    child.kill()
                    raise
                interrupted = True
                child.send_signal(signal.SIGINT)
    if rest:
        line(rest)
    return b"".join(stdout), interrupted


def _ended_by(number: int, words: Sequence[str], names: dict[str, str]) -> Exception:
    """What a signal that ended the command means; as the command's own supervisor words it."""
    words = [word for word in words if not word.startswith("-")]
    files = [names.get(word, word) for word in words if os.path.sep in word or word in names or word.endswith(".h5")]
    where = ", ".join(files) or "the command"
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    if number in (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE):
        return InputError(f"{where}: libhdf5 crashed ({name}) while this was read: a file is damaged or hostile",
                          remedy="get a new copy from where it came from", status=128 + number)
    if number == signal.SIGXCPU:
        return InputError(f"{where}: reading went on for seconds of processor time without an end: a file is damaged or "
                          "hostile", remedy="get a new copy from where it came from", status=128 + number)
    if number in (signal.SIGILL, signal.SIGTRAP):
        return CommandError(f"the command stopped ({name}): a fault of the program", remedy="please report it",
                            status=128 + number)
    return CommandError(f"{where}: the command was ended from outside ({name})",
                        remedy="where the system was short of memory, fewer threads= may do", status=128 + number)
