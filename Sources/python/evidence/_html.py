"""The head of the report, for a notebook."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from . import _process
from ._errors import EvidenceError
from ._words import python_words


def head(result: Any) -> str:
    """The headline of ``evidence report``'s page in a frame of its own, so that neither style reaches the other; the text
    where there is no page."""
    try:
        page = _process.run(["report", result.path, "-o", "-", "--quiet"], events=False).stdout
    except EvidenceError:
        return f"<pre>{escape(repr(result))}</pre>"
    style, header = re.search(r"<style>.*?</style>", page, re.S), re.search(r"<header>.*?</header>", page, re.S)
    if not style or not header:
        return f"<pre>{escape(repr(result))}</pre>"
    document = (f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"/>{style[0]}<style>body {{ padding: 1rem; }}'
                f"</style></head><body>{python_words(header[0])}</body></html>")
    # As high as what is in it, where a script may say so.
    return (f'<iframe title="log-likelihood" srcdoc="{escape(document)}" style="width: 100%; height: 640px; border: 0" '
            'onload="this.style.height = this.contentDocument.documentElement.scrollHeight + \'px\'"></iframe>')
