"""Killed processes, many calls at once, progress."""

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import evidence
from evidence import _process
from waiting import waited

pytestmark = pytest.mark.filterwarnings("ignore::evidence.EvidenceWarning")
LONG = 2_000_000


def test_an_error_in_this_process_ends_the_command(model, images, monkeypatch):
    children = []

    def broken(child, line):
        children.append(child)
        raise RuntimeError("a bug of a front end")
    monkeypatch.setattr(_process, "_read", broken)
    with pytest.raises(RuntimeError):
        evidence.nll(model, images, samples=LONG)
    assert children[0].returncode == -signal.SIGKILL


def is_running(process):
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("forks", [False, True], ids=["alone", "with a forked process that lives on"])
def test_killing_python_ends_the_command(forks):
    script = textwrap.dedent(f"""
        import os, signal, threading, time
        import numpy as np
        import evidence
        from evidence import _process
        model, images, _ = evidence.digits()
        real = _process._read
        def read(child, line):
            print(child.pid, flush=True)
            if {forks} and (forked := os.fork()) == 0:
                time.sleep(100)
                os._exit(0)
            print(forked if {forks} else 0, flush=True)
            return real(child, line)
        _process._read = read
        evidence.nll(model, images, samples={LONG})
    """)
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    child, forked = int(process.stdout.readline()), int(process.stdout.readline())
    assert is_running(child)
    process.kill()
    process.wait()
    try:
        waited(lambda: not is_running(child), 20)
    finally:
        if forked:
            os.kill(forked, signal.SIGKILL)
        process.stdout.close()


def test_the_command_ends_with_a_python_that_nobody_waits_for():
    """Dead before the command looks, and not reaped: signals still find it, and a forked process keeps its pipe open."""
    script = textwrap.dedent(f"""
        import os, signal, time
        import evidence
        from evidence import _process
        model, images, _ = evidence.digits()
        def read(child, line):
            if (forked := os.fork()) == 0:
                time.sleep(100)
                os._exit(0)
            print(child.pid, forked, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
        _process._read = read
        evidence.nll(model, images, samples={LONG})
    """)
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    child, forked = (int(number) for number in process.stdout.readline().split())
    try:
        waited(lambda: not is_running(child), 20)
    finally:
        os.kill(forked, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def one(model_path, images):
    return evidence.nll(model_path, images, samples=30, threads=1, progress=False).log_likelihood


def test_twenty_threads_give_the_same_bits(model, images):
    expected = one(model.path, images)
    with ThreadPoolExecutor(20) as pool:
        for found in pool.map(lambda _: one(model.path, images), range(20)):
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_twenty_calls_of_processes_give_the_same_bits(method, model, images):
    expected = one(model.path, images)
    with multiprocessing.get_context(method).Pool(4) as pool:
        for found in pool.starmap(one, [(model.path, images)] * 20):
            np.testing.assert_array_equal(found, expected)


def test_models_and_results_pass_between_processes(model, images):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        result = pool.apply(evidence.nll, (model, images), {"samples": 30})
    np.testing.assert_array_equal(result.log_likelihood, one(model.path, images))
    assert "log p(x)" in repr(result)


def test_temporary_files_go_with_their_objects(model, images, tmp_path, monkeypatch):
    monkeypatch.setattr("evidence._files.MEMORY", str(tmp_path))
    result = evidence.nll(model, images, samples=5)
    assert len(list(tmp_path.iterdir())) == 1
    del result
    assert not list(tmp_path.iterdir())


def test_a_full_memory_disk_is_not_used(monkeypatch):
    from evidence import _files
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 30 << 20})())
    assert _files._place(10 << 20) is None and _files._place(1 << 20) == "/dev/shm"


def test_progress_counts_every_example(model, images, seen):
    evidence.nll(model, images, samples=30)
    assert seen[0]["finished"] == 0 and seen[-1]["finished"] == seen[-1]["total"] == 60
    assert seen[-1]["mean"] == pytest.approx(evidence.nll(model, images, samples=30).log_likelihood.mean())


def test_progress_by_tqdm(model, images, capsys):
    pytest.importorskip("tqdm")
    evidence.nll(model, images, samples=30, progress=True)
    assert "60" in capsys.readouterr().err
    evidence.nll(model, images, samples=30, progress=False)
    assert capsys.readouterr().err == ""


def test_a_shard_is_found_among_others(tmp_path):
    model, images, _ = evidence.digits()
    ends = []
    # The later parts are there first.
    for index in (2, 1, 0):
        part = evidence.nll(model, images[:30], samples=5, shard=(index, 3), output=tmp_path / "part.h5", progress=False)
        ends.append(int(part.index[-1]))
    assert ends == [29, 19, 9]
    merged = evidence.merge(sorted(tmp_path.glob("part-*.h5")), tmp_path / "all.h5")
    assert len(merged.log_likelihood) == 30
