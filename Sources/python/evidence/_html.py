"""The head of the report, for a notebook."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from . import _process
from ._errors import EvidenceError
from ._words import python_words


def head(result: Any) -> str:
    """The headline of ``evidence report``'s page, with its style kept to itself; the text where there is no page."""
    try:
        page = _process.run(["report", result.path, "-o", "-", "--quiet"], events=False).stdout
    except EvidenceError:
        return f"<pre>{escape(repr(result))}</pre>"
    style, header = re.search(r"<style>(.*?)</style>", page, re.S), re.search(r"<header>.*?</header>", page, re.S)
    if not style or not header:
        return f"<pre>{escape(repr(result))}</pre>"
    # The page's rules hold for this element and nothing else in the notebook.
    rules = re.sub(r":root|(?m:^)body(?= \{)", ":scope", re.sub(r"@media print \{.*\n\}\n", "", style[1], flags=re.S))
    return (f'<div class="evidence-head"><style>@scope (.evidence-head) {{{rules}\n:scope {{ padding: .5rem 1rem 1rem; '
            f'margin: 0; }}}}</style>{python_words(header[0])}</div>')
