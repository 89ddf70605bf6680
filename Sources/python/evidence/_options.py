"""Arguments of a call as the command's options."""

from __future__ import annotations

import os
from typing import Any, Mapping

import numpy as np

from ._errors import SettingError


def words(options: Mapping[str, Any]) -> list[str]:
    """The command line of options; None and False are left out, but for `dequantize`, which has both."""
    result: list[str] = []
    for name, value in options.items():
        option = "--" + name.replace("_", "-")
        if name == "dequantize":
            result += [] if value is None else [option if value else "--no-dequantize"]
        elif value is None or value is False:
            continue
        elif value is True:
            result.append(option)
        elif name == "covariate":
            result += [f"{option}={key}={place}" for key, place in value.items()]
        else:
            # In one word: a value may begin with a minus.
            result.append(f"{option}={_text(name, value)}")
    return result


def _text(name: str, value: Any) -> str:
    if name == "examples":
        return examples(value)
    if name in ("axes", "input_shape") and not isinstance(value, str):
        return ",".join(str(int(axis)) for axis in np.atleast_1d(value))
    if name == "shard" and not isinstance(value, str):
        index, count = value
        return f"{index}/{count}"
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, (float, np.floating)):
        return repr(float(value))
    if isinstance(value, (str, int, np.integer)):
        return str(value)
    raise SettingError(f"{name}: a {type(value).__name__} is no value for it", expected="text or a number",
                       found=repr(value)[:60])


def examples(value: Any) -> str:
    """A range of examples: "100..200", a slice, a range, a pair, or a number for the first so many."""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, np.integer)):
        return f"..{value}"
    if isinstance(value, (slice, range)):
        if value.step not in (None, 1):
            raise SettingError("examples: a range without a step was expected", expected="step 1", found=repr(value))
        first, last = value.start, value.stop
    else:
        try:
            first, last = value
        except (TypeError, ValueError):
            raise SettingError("examples: a range was expected", expected='"100..200", slice(100, 200) or (100, 200)',
                               found=repr(value)[:60]) from None
    if any(end is not None and end < 0 for end in (first, last)):
        raise SettingError("examples: counted from the first on", expected="no negative numbers", found=repr(value))
    return f"{'' if first is None else first}..{'' if last is None else last}"
