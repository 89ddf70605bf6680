"""Models of p(x | covariates): what the model is given beside the data, from arrays, files and AnnData."""

import h5py
import numpy as np
import pytest

import evidence

pytestmark = pytest.mark.filterwarnings("ignore::evidence.EvidenceWarning")
LABELS = ["cat", "dog", "owl"]


@pytest.fixture(scope="module")
def conditional(tmp_path_factory):
    """x of 6 pixels, z of 2, and a label of three: a dense layer each way that takes it."""
    path = tmp_path_factory.mktemp("conditional") / "model.h5"
    random = np.random.default_rng(0)

    def dense(group, inputs, outputs):
        layer = group.create_group("0")
        layer.attrs.update({"layer": "dense", "covariates": ["label"]})
        layer["kernel"] = random.normal(0, 1, (inputs + len(LABELS), outputs)).astype(np.float32)

    with h5py.File(path, "w") as file:
        file.attrs.update({"format": "evidence-model", "version": 2})
        file.create_group("input").attrs["shape"] = [6]
        label = file.create_group("covariates/label")
        label.attrs["kind"] = "categorical"
        label["categories"] = np.array(LABELS, object)
        encoder, decoder = file.create_group("encoder/1"), file.create_group("decoder/1")
        encoder.attrs["distribution"], decoder.attrs["distribution"] = "normal", "bernoulli"
        for name in ("mean", "log_variance"):
            dense(encoder.create_group(name), 6, 2)
        dense(decoder.create_group("logits"), 2, 6)
    return evidence.open(path)


X = (np.random.default_rng(1).uniform(size=(12, 6)) < 0.4).astype(np.uint8)
Y = np.array(LABELS, object)[np.arange(12) % 3]


def test_arrays_and_files_give_the_same(conditional, tmp_path):
    with h5py.File(tmp_path / "data.h5", "w") as file:
        file["x"], file["kinds"] = X, Y
    by_file = evidence.nll(conditional, tmp_path / "data.h5", dataset="x", covariate={"label": "kinds"}, samples=20)
    by_array = evidence.nll(conditional, X, covariate={"label": Y}, samples=20)
    np.testing.assert_array_equal(by_file.log_likelihood, by_array.log_likelihood)
    by_one_hot = evidence.nll(conditional, X, covariate={"label": np.eye(3)[np.arange(12) % 3]}, samples=20)
    np.testing.assert_array_equal(by_one_hot.log_likelihood, by_array.log_likelihood)
    other = evidence.nll(conditional, X, covariate={"label": np.roll(Y, 1)}, samples=20)
    assert (other.log_likelihood != by_array.log_likelihood).all()


def test_units_and_checks(conditional):
    assert evidence.units(conditional, X, covariate={"label": Y}).variance[0].shape == (2,)
    check = evidence.check(conditional, X, covariate={"label": Y}, simulated=4, samples=20, estimator="importance-sampling")
    assert check.gap.mean >= 0


def test_a_column_of_an_anndata(conditional):
    anndata = pytest.importorskip("anndata")
    import pandas as pd
    data = anndata.AnnData(X=X.astype(np.float32), obs=pd.DataFrame({"kind": pd.Categorical(Y)}, index=map(str, range(12))))
    np.testing.assert_array_equal(
        evidence.nll(conditional, data, covariate={"label": "kind"}, samples=20).log_likelihood,
        evidence.nll(conditional, X.astype(np.float32), covariate={"label": Y}, samples=20).log_likelihood)
    with pytest.raises(evidence.InputError, match="no column .species. of obs"):
        evidence.nll(conditional, data, covariate={"label": "species"})


@pytest.mark.parametrize("labels, words", [
    (Y[:5], "one for each example"), (np.where(Y == "cat", "yak", Y).astype(object), "yak"), (None, "label")])
def test_wrong_covariates(conditional, labels, words):
    with pytest.raises(evidence.EvidenceError, match=words):
        evidence.nll(conditional, X, covariate=None if labels is None else {"label": labels})


def test_a_missing_label(conditional):
    with pytest.raises(evidence.InputError, match="example 3"):
        evidence.nll(conditional, X, covariate={"label": [*Y[:3], None, *Y[4:]]})
