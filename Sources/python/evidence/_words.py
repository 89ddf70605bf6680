"""The command's words in Python's: `--divide-by 255` is `divide_by=255` here."""

from __future__ import annotations

import re
import shlex

FLAGS = {"all-errors", "resume", "ablate", "all-units", "dequantize", "mixed", "force", "invert"}
NOT_HERE = {"isolate", "no-isolate", "verbose", "quiet", "format", "help", "version", "progress"}

_OPTION = re.compile(r"--(?P<name>[a-z][a-z-]*[a-z])(?:[ =](?P<value>[^\s,;()]+\.h5|[A-Z][A-Z0-9_]*\b|[0-9][0-9.,]*[0-9]|[0-9]|"
                     r"auto|none|threshold|bernoulli|importance-sampling|ladder|laplace|annealed))?(?P<colon>:)?")
_LINE = re.compile(r"(?<!`)\bevidence (?P<command>nll|units|check|compare|inspect|merge|report)(?P<words>(?: (?!or )[^\s,;]+)+)")


def python_words(text: str) -> str:
    """A message of the command with its options as arguments, and its command lines as calls."""
    return _OPTION.sub(_argument, _LINE.sub(_call, text))


def _argument(match: re.Match) -> str:
    name, value, colon = match["name"], match["value"], match["colon"] or ""
    if name in NOT_HERE:
        return match[0]
    if name.startswith("no-") and name[3:] in FLAGS:
        return f"{_snake(name[3:])}=False" + colon
    if name in FLAGS:
        return f"{_snake(name)}=True" + (f" {value}" if value else "") + colon
    if value is None:
        # "--samples: expected at least 1" speaks of the argument, "try --divide-by" of giving it.
        return _snake(name) + (colon or "=")
    return _given(name, value) + colon


def _snake(name: str) -> str:
    return name.replace("-", "_")


def _given(name: str, value: str) -> str:
    if name == "axes":
        return f"axes=({', '.join(value.split(','))})"
    return f"{_snake(name)}={value}" if re.fullmatch(r"[0-9]+([.][0-9]+)?|[A-Z][A-Z0-9_]*", value) else f'{_snake(name)}="{value}"'


def _call(match: re.Match) -> str:
    """``evidence nll model.h5 x.h5 --samples 50`` as ``evidence.nll("model.h5", "x.h5", samples=50)``."""
    try:
        words = shlex.split(match["words"])
    except ValueError:
        return match[0]
    arguments, options = [], []
    while words:
        word = words.pop(0)
        if word == "-o":
            word = "--output"
        if not word.startswith("--"):
            # A name of the caller's own, or a placeholder, is no path.
            arguments.append(word if word in ("data", "model", "results") or word.isupper() else f'"{word}"')
            continue
        name, _, value = word[2:].partition("=")
        if name in FLAGS or name.startswith("no-"):
            options.append(_argument(_OPTION.match(word)))
            continue
        value = value or (words.pop(0) if words else "")
        if not (name == "dataset" and "data" in arguments):
            options.append(_given(name, value))
    return f"evidence.{match['command']}({', '.join([*arguments, *options])})"
