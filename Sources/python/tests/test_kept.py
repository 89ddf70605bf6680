"""What a run keeps in a file: parts, runs that go on, and what Ctrl-C leaves."""

import signal

import numpy as np
import pytest

import evidence
from waiting import interrupting

pytestmark = pytest.mark.filterwarnings("ignore::evidence.EvidenceWarning")
QUICK = dict(samples=20, estimator="importance-sampling")


@pytest.fixture(autouse=True)
def interrupts():
    """Ctrl-C as in a terminal, also where the tests run in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def numbers(printed):
    """The JSON without what differs between two runs."""
    return {key: value for key, value in printed.summary.to_dict().items() if key not in (
        "data", "timing")}


def test_parts_of_units(model, images, tmp_path):
    parts = [evidence.units(model, images, shard=(i, 3), output=tmp_path / "part.h5") for i in range(3)]
    assert [len(evidence.open(part).index) for part in parts] == [20, 20, 20]
    evidence.merge(parts, tmp_path / "all.h5")
    whole = evidence.units(model, images, output=tmp_path / "all.h5", resume=True)
    assert numbers(whole) == numbers(evidence.units(model, images))
    with pytest.raises(evidence.SettingError, match="output="):
        evidence.merge([evidence.units(model, images)], tmp_path / "none.h5")


def test_parts_of_a_check(model, tmp_path):
    parts = [evidence.check(model, simulated=6, shard=(i, 2), output=tmp_path / "part.h5", **QUICK) for i in range(2)]
    evidence.merge(parts, tmp_path / "all.h5")
    whole = evidence.check(model, simulated=6, output=tmp_path / "all.h5", resume=True, **QUICK)
    assert numbers(whole) == numbers(evidence.check(model, simulated=6, **QUICK))


def test_parts_of_equal_time(model, images, tmp_path):
    earlier = evidence.nll(model, images, samples=20)
    parts = [evidence.nll(model, images, samples=20, shard=(i, 2), balance=earlier, output=tmp_path / "part.h5")
             for i in range(2)]
    assert sum(len(part) for part in parts) == 60
    whole = evidence.merge(parts, tmp_path / "all.h5")
    np.testing.assert_array_equal(whole.log_likelihood, earlier.log_likelihood)


def test_going_on(model, images, tmp_path):
    evidence.units(model, images, examples=30, output=tmp_path / "units.h5")
    whole = evidence.units(model, images, output=tmp_path / "units.h5", resume=True)
    assert numbers(whole) == numbers(evidence.units(model, images))
    with pytest.raises(evidence.EvidenceError, match="seed"):
        evidence.units(model, images, seed=1, output=tmp_path / "units.h5", resume=True)
    evidence.check(model, simulated=4, output=tmp_path / "check.h5", **QUICK)
    whole = evidence.check(model, simulated=6, output=tmp_path / "check.h5", resume=True, **QUICK)
    assert numbers(whole) == numbers(evidence.check(model, simulated=6, **QUICK))


def test_a_check_has_its_brackets(model):
    check = evidence.check(model, simulated=4, **QUICK)
    assert evidence.open(check).log_likelihood.shape == (4,) and "results.h5" not in repr(check)
    pytest.importorskip("pandas")
    frame = check.to_pandas()
    assert frame["log_likelihood"].mean() == pytest.approx(check.summary.lower.mean, rel=1e-12)
    assert (frame["upper"] - frame["log_likelihood"]).mean() == pytest.approx(check.gap.mean, rel=1e-9)


def test_an_interrupt_keeps_what_was_finished(model, images, tmp_path, seen):
    samples = 20_000
    thread = interrupting(lambda: any(event["finished"] >= 2 for event in seen))
    with pytest.raises(evidence.Interrupted, match="resume=True") as caught:
        evidence.nll(model, np.tile(images, (40, 1, 1)), samples=samples, threads=1, output=tmp_path / "results.h5")
    thread.join()
    finished = caught.value.result
    assert isinstance(caught.value, KeyboardInterrupt) and 2 <= len(finished) < 2400
    whole = evidence.nll(model, images[:len(finished)][:10], samples=samples)
    np.testing.assert_array_equal(finished.log_likelihood[:10], whole.log_likelihood[:len(finished)])


def test_an_interrupt_without_an_output(model, images, seen):
    thread = interrupting(lambda: any(event["finished"] >= 2 for event in seen))
    with pytest.raises(evidence.Interrupted, match="this exception's `result`") as caught:
        evidence.nll(model, np.tile(images, (40, 1, 1)), samples=20_000, threads=1)
    thread.join()
    assert np.isfinite(caught.value.result.log_likelihood).all()


def test_an_interrupt_of_units(model, images, tmp_path, seen):
    data = np.tile(images, (200, 1, 1))
    thread = interrupting(lambda: any(event["finished"] >= 128 for event in seen))
    with pytest.raises(evidence.Interrupted, match="resume=True") as caught:
        evidence.units(model, data, draws=20, threads=1, output=tmp_path / "units.h5")
    thread.join()
    part = caught.value.result
    count = part.layers[0].examples
    assert 128 <= count < len(data)
    assert numbers(part) == numbers(evidence.units(model, data, draws=20, examples=count))
    # What was kept is as it was: the run goes on.
    assert evidence.open(tmp_path / "units.h5").settings["examples_last"] == len(data)


def test_an_interrupt_of_a_check(model, seen):
    options = dict(samples=20_000, estimator="importance-sampling", threads=1)
    thread = interrupting(lambda: any(event["finished"] >= 2 for event in seen))
    with pytest.raises(evidence.Interrupted, match="this exception's `result`") as caught:
        evidence.check(model, simulated=1000, **options)
    thread.join()
    part = caught.value.result
    count = part.summary.simulated
    assert 2 <= count < 1000
    assert part.gap.mean == evidence.check(model, simulated=count, **options).gap.mean
