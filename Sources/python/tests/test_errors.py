"""Wrong calls raise, and the message says what to do in Python's words."""

import os
import pickle

import numpy as np
import pytest

import evidence
from evidence._words import python_words


pytestmark = pytest.mark.filterwarnings("ignore::evidence.EvidenceWarning")


def raised(kind, call):
    with pytest.raises(kind) as caught:
        call()
    assert isinstance(caught.value, evidence.EvidenceError)
    assert "--" not in str(caught.value) and "evidence-" not in str(caught.value)
    return caught.value


def test_strings(model):
    error = raised(evidence.InputError, lambda: evidence.nll(model, ["a", "list"]))
    assert "no numbers" in str(error) and "array of integers, floats or booleans" in error.expected


def test_ragged_lists(model):
    assert "no array" in str(raised(evidence.InputError, lambda: evidence.nll(model, [[1, 2], [3]])))


@pytest.mark.parametrize("shape", [(0, 64), (5, 0)])
def test_empty(model, shape):
    error = raised(evidence.InputError, lambda: evidence.nll(model, np.zeros(shape)))
    assert "at least one example" in error.expected and str(shape) in error.found


def test_one_example_without_its_axis(model):
    error = raised(evidence.InputError, lambda: evidence.nll(model, np.zeros(64)))
    assert error.remedy == "a single example is data[None]"


def test_data_out_of_range(model, images):
    error = raised(evidence.InputError, lambda: evidence.nll(model, images * 255.0, binarize="none"))
    assert "values in [0, 1]" in str(error) and "divide_by=" in error.remedy and error.path.startswith("data")


def test_a_model_of_another_shape(model, images):
    error = raised(evidence.InputError, lambda: evidence.nll(model, images[:, :, 1:]))
    assert "64" in error.expected and "56" in str(error)


def test_a_closed_model(images):
    with evidence.digits()[0] as model:
        pass
    error = raised(evidence.InputError, lambda: evidence.nll(model, images))
    assert "was closed" in str(error) and "with" in error.remedy
    assert repr(model) == "a closed model"


def test_no_model(images):
    assert "from_torch" in raised(evidence.InputError, lambda: evidence.nll(np.zeros(3), images)).remedy


def test_no_file(images, tmp_path):
    error = raised(evidence.MissingFileError, lambda: evidence.nll(tmp_path / "no.h5", images))
    assert error.status == 66 and error.path == str(tmp_path / "no.h5") and isinstance(error, FileNotFoundError)
    raised(evidence.MissingFileError, lambda: evidence.open(tmp_path / "no.h5"))


def test_results_for_a_model(model, images, tmp_path):
    evidence.nll(model, images, samples=200, examples=2, output=tmp_path / "results.h5", progress=False)
    error = raised(evidence.InputError, lambda: evidence.nll(tmp_path / "results.h5", images))
    assert "results of a run, where a model file was expected" in str(error) and "evidence.report(" in error.remedy


def test_settings(model, images):
    error = raised(evidence.SettingError, lambda: evidence.nll(model, images, samples=0))
    assert str(error) == "samples: expected at least 1, found 0" and (error.expected, error.found) == ("at least 1", "0")
    assert error.status == 64 and isinstance(error, ValueError)
    raised(evidence.SettingError, lambda: evidence.nll(model, images, estimator="magic"))
    raised(evidence.SettingError, lambda: evidence.nll(model, images, examples=slice(0, 10, 2)))
    raised(evidence.SettingError, lambda: evidence.nll(model, images, dataset="x"))
    with pytest.raises(TypeError):
        evidence.nll(model, images, k=5)


def test_an_output_that_is_there(model, images, tmp_path):
    (tmp_path / "results.h5").write_text("mine")
    error = raised(evidence.EvidenceError, lambda: evidence.nll(model, images, output=tmp_path / "results.h5"))
    assert (tmp_path / "results.h5").read_text() == "mine" and "results.h5" in str(error)


def test_a_damaged_file(model, images, tmp_path):
    with open(model.path, "rb") as file:
        (tmp_path / "half.h5").write_bytes(file.read()[:20000])
    assert "half.h5" in str(raised(evidence.InputError, lambda: evidence.nll(tmp_path / "half.h5", images)))


def test_no_command(monkeypatch, images):
    monkeypatch.setenv("EVIDENCE_BINARY", "/nowhere/evidence")
    assert "EVIDENCE_BINARY" in raised(evidence.CommandError, lambda: evidence.nll("model.h5", images)).remedy


def test_the_command_ended_from_outside(model, images, monkeypatch):
    monkeypatch.setattr("evidence._process._read", lambda child, line: (child.kill(), (b"", False))[1])
    error = raised(evidence.CommandError, lambda: evidence.nll(model, images))
    assert "SIGKILL" in str(error)


def test_errors_can_be_passed_between_processes(model):
    error = raised(evidence.InputError, lambda: evidence.nll(model, np.zeros((2, 7))))
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error) and str(again) == str(error) and vars(again) == vars(error)


def test_warnings_are_of_their_own_class_and_name_the_caller(model, images):
    with pytest.warns(evidence.EvidenceWarning, match="effective sample size below 20") as caught:
        result = evidence.nll(model, images, samples=30)
    assert {os.path.basename(warning.filename) for warning in caught} == {"test_errors.py"}
    assert result.warnings == [str(warning.message) for warning in caught]
    assert all("--" not in warning for warning in result.warnings)


@pytest.mark.parametrize("text, words", [
    ("divide them with --divide-by 255", "divide them with divide_by=255"),
    ("try --samples 500 (more help)", "try samples=500 (more help)"),
    ("--samples: expected at least 1, found 0", "samples: expected at least 1, found 0"),
    ("go on with --resume", "go on with resume=True"),
    ("to exchange them: --axes 0,3,1,2", "to exchange them: axes=(0, 3, 1, 2)"),
    ("say which run: --output RESULTS.h5", 'say which run: output="RESULTS.h5"'),
    ("should it be divided? (--divide-by)", "should it be divided? (divide_by=)"),
    ("(--all-errors reports it)", "(all_errors=True reports it)"),
    ("--no-dequantize leaves them", "dequantize=False leaves them"),
    ("run evidence nll m.h5 data --dataset /data --examples 0..50 --alpha 0.25 --estimator ladder",
     'run evidence.nll("m.h5", data, examples="0..50", alpha=0.25, estimator="ladder")'),
    ("evidence inspect r.h5, or evidence report r.h5 -o report.html",
     'evidence.inspect("r.h5"), or evidence.report("r.h5", output="report.html")'),
])
def test_remedies_are_worded_for_python(text, words):
    assert python_words(text) == words
