"""Waiting for what another process does, and interrupting this one."""

import os
import signal
import threading
import time

from evidence import _progress


def waited(condition, seconds=60):
    """Waits until the condition holds, and returns what it is."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError("it did not happen")


def interrupting(condition):
    """Sends this process Ctrl-C when the condition holds."""
    def send():
        waited(condition)
        os.kill(os.getpid(), signal.SIGINT)
    thread = threading.Thread(target=send)
    thread.start()
    return thread


class Seen(_progress.Progress):
    """Keeps what a bar would show."""

    events: list = []

    def update(self, event):
        Seen.events.append(event)
