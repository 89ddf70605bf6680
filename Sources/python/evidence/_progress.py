"""Progress of a run, by tqdm where it is installed."""

from __future__ import annotations

import sys
from typing import Any


def _is_notebook() -> bool:
    shell = sys.modules.get("IPython")
    shell = shell.get_ipython() if shell else None
    return shell is not None and "IPKernelApp" in getattr(shell, "config", {})


class Progress:
    """A bar that lives as long as a run; nothing where nobody looks or tqdm is missing."""

    def __init__(self, shown: bool | None):
        if shown is None:
            shown = _is_notebook() or bool(sys.stderr and hasattr(sys.stderr, "isatty") and sys.stderr.isatty())
        self._make = None
        if shown:
            try:
                from tqdm.auto import tqdm
                self._make = tqdm
            except ImportError:
                pass
        self._bar: Any = None

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: Any) -> None:
        self._close()

    def update(self, event: dict[str, Any]) -> None:
        """Shows an event ``{"event": "progress", "finished", "total", "restored", "mean", "seconds"}``."""
        if self._make is None:
            return
        finished, total = event["finished"], event["total"]
        # A run has several parts where it is replicated or ablated: a bar each.
        if self._bar is not None and (self._bar.total != total or finished < self._bar.n):
            self._close()
        if self._bar is None:
            self._bar = self._make(total=total, initial=event.get("restored", 0), unit=" examples", leave=False)
        if event.get("mean") is not None:
            self._bar.set_postfix_str(f"mean {event['mean']:.2f}", refresh=False)
        self._bar.update(finished - self._bar.n)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
