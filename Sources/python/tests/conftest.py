"""Fixtures: the sample that comes with the command, small runs of it, and the command itself."""

import subprocess
import warnings

import pytest

import evidence
from evidence import _binary, _process
from waiting import Seen


@pytest.fixture(scope="session")
def sample():
    """(model, images [599, 8, 8] uint8, labels)."""
    return evidence.digits()


@pytest.fixture(scope="session")
def model(sample):
    return sample[0]


@pytest.fixture(scope="session")
def images(sample):
    return sample[1][:60]


@pytest.fixture(scope="session")
def result(model, images):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return evidence.nll(model, images, samples=60)


@pytest.fixture(scope="session")
def command():
    """Runs the command itself, and returns what it prints."""
    def run(*words):
        return subprocess.run([_binary.find(), *map(str, words)], capture_output=True, text=True, check=True).stdout
    return run


@pytest.fixture
def seen(monkeypatch):
    """The events of the progress of every run of a test."""
    Seen.events = []
    monkeypatch.setattr(_process, "Progress", Seen)
    return Seen.events
