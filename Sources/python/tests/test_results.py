"""What the calls return."""

import json
import pickle
import re

import h5py
import numpy as np
import pytest

import evidence

pytestmark = pytest.mark.filterwarnings("ignore::evidence.EvidenceWarning")


def test_prints_as_the_command(result, model, images, command, tmp_path):
    with h5py.File(tmp_path / "data.h5", "w") as file:
        file["data"] = images
    text = command("nll", model.path, tmp_path / "data.h5", "--samples", 60)
    # But for times, and the name of the data.
    def comparable(words):
        return [line for line in words.strip().splitlines() if not re.match(r"data |\d.* s, |.* in about ", line)]
    assert comparable(repr(result)) == comparable(text.replace("data.h5:/data", "data"))
    assert re.search(r"^data +data$", repr(result), re.M)


def test_summary_is_the_json(result, command):
    assert result.summary.log_likelihood.mean == result.summary["logLikelihood"]["mean"]
    assert result.summary.nll == -result.summary.log_likelihood.mean
    assert result.summary.log_likelihood.mean == pytest.approx(result.log_likelihood.mean(), rel=1e-12)
    assert result.summary.diagnostics.pareto_k.unreliable > 0
    assert result.summary.log_likelihood.monte_carlo_standard_error is None
    assert json.loads(repr(result.summary)) == result.summary.to_dict()
    assert "bits_per_dimension" in dir(result.summary)
    with pytest.raises(AttributeError, match="there are command, model"):
        result.summary.nonsense


def test_columns_are_attributes(result):
    assert result.log_likelihood.shape == result.pareto_k.shape == result.effective_sample_size.shape == (60,)
    assert result.curve.shape == (60, 4) and list(result.curve_samples) == [1, 5, 50, 60]
    np.testing.assert_array_equal(result.curve[:, -1], result.log_likelihood)
    np.testing.assert_array_equal(result.index, np.arange(60))
    assert "elbo" in dir(result) and len(result) == 60
    with pytest.raises(AttributeError, match="no column nonsense"):
        result.nonsense


def test_in_a_notebook_it_is_the_head_of_the_report(result):
    page = result._repr_html_()
    assert page.startswith("<iframe") and "mean log p(x)" in page and "&lt;header&gt;" in page
    # The head alone, in Python's words.
    assert "svg xmlns" not in page and "try samples=" in page and "--samples" not in page


def test_report(result, images, model, tmp_path):
    units = evidence.units(model, images)
    page = result.report(tmp_path / "report.html", units=units, data=images, model=model).read_text()
    assert page.startswith("<!DOCTYPE html>") and "data:image/png" in page and "variance" in page
    with pytest.raises(evidence.InputError, match="data"):
        result.report(tmp_path / "other.html", data=images[:-1])
    other = evidence.nll(model, images, samples=5)
    check = evidence.check(model, simulated=3, samples=20, estimator="importance-sampling")
    both = evidence.report([result, other], tmp_path / "both.html", check=check).read_text()
    assert "simulated" in both and both.count("K = ") > 1


def test_results_open_again(model, images, tmp_path):
    made = evidence.nll(model, images, samples=20, output=tmp_path / "results.h5")
    again = evidence.open(tmp_path / "results.h5")
    np.testing.assert_array_equal(made.log_likelihood, again.log_likelihood)
    assert again.summary.examples == 60 and "60 of 60 examples" in repr(again)
    assert isinstance(evidence.open(model.path), evidence.Model)
    with h5py.File(tmp_path / "data.h5", "w") as file:
        file["data"] = images
    with pytest.raises(evidence.SettingError, match="neither a model nor results"):
        evidence.open(tmp_path / "data.h5")


def test_going_on(model, images, tmp_path):
    first = evidence.nll(model, images, samples=20, examples=(0, 30), output=tmp_path / "results.h5")
    assert len(first) == 30
    whole = evidence.nll(model, images, samples=20, output=tmp_path / "results.h5", resume=True)
    np.testing.assert_array_equal(whole.log_likelihood, evidence.nll(model, images, samples=20).log_likelihood)
    with pytest.raises(evidence.EvidenceError, match="samples"):
        evidence.nll(model, images, samples=21, output=tmp_path / "results.h5", resume=True)


@pytest.mark.parametrize("given", ["..30", slice(30), range(30), (0, 30), (None, 30), 30, np.int64(30)])
def test_ways_to_say_examples(given, model, images):
    assert len(evidence.nll(model, images, samples=5, examples=given)) == 30


def test_shards_and_merge(model, images, tmp_path):
    parts = [evidence.nll(model, images, samples=20, shard=(i, 3), output=tmp_path / "part.h5") for i in range(3)]
    assert [len(part) for part in parts] == [20, 20, 20]
    whole = evidence.merge(parts, tmp_path / "all.h5")
    np.testing.assert_array_equal(whole.log_likelihood, evidence.nll(model, images, samples=20).log_likelihood)


def test_units(model, sample):
    _, images, labels = sample
    units = evidence.units(model, images[:200], labels=labels[:200], latents=True)
    assert len(units.active) == 2 and units.active[0] == units.layers[0].active
    assert units.variance[0].shape == units.kl[0].shape == (16,)
    means = units.latents["z1"]["mean"]
    assert means.shape == (200, 16)
    # A_u is the variance over examples of the posterior means.
    np.testing.assert_allclose(means.var(axis=0), units.variance[0], rtol=1e-5)
    again = pickle.loads(pickle.dumps(units))
    np.testing.assert_array_equal(again.latents["z1"]["mean"], means)
    with pytest.raises(AttributeError, match="latents=True"):
        evidence.units(model, images[:20]).latents
    with pytest.raises(evidence.InputError, match="labels"):
        evidence.units(model, images[:20], labels=labels[:10])


def test_check(model):
    check = evidence.check(model, simulated=4, samples=20, estimator="importance-sampling")
    assert check.summary.lower.mean <= check.summary.upper.mean
    assert check.gap.mean == pytest.approx(check.summary.upper.mean - check.summary.lower.mean, abs=1e-9)
    assert "simulated" in repr(check)


def test_compare(model, images):
    runs = {f"K = {k}": evidence.nll(model, images, samples=k) for k in (5, 200, 50)}
    table = evidence.compare(runs)
    assert table.names == ["K = 200", "K = 50", "K = 5"]
    difference = runs["K = 5"].log_likelihood - runs["K = 200"].log_likelihood
    assert table.difference[2] == pytest.approx(difference.mean(), abs=1e-12)
    assert table.standard_error[2] == pytest.approx(difference.std(ddof=1) / np.sqrt(60), rel=1e-9)
    assert table.mean[0] == pytest.approx(runs["K = 200"].log_likelihood.mean(), abs=1e-9)
    assert "K = 5 " in repr(table) and "<td>K = 5</td>" in table._repr_html_()
    assert evidence.compare(*runs.values()).names == [
        "Digits, two-layer IWAE (2)", "Digits, two-layer IWAE (3)", "Digits, two-layer IWAE"]
    with pytest.raises(evidence.InputError, match="two results or more"):
        evidence.compare([runs["K = 5"]])


def test_estimators_and_inspect(model, result):
    assert "annealed" in evidence.estimators()
    assert evidence.inspect(model).summary.latents == [16, 8] and model.info.likelihood == "bernoulli"
    assert evidence.inspect(result).summary.kind == "results"


def test_results_travel_between_processes(result):
    again = pickle.loads(pickle.dumps(result))
    np.testing.assert_array_equal(again.curve, result.curve)
    assert repr(again) == repr(result) and again.path != result.path
    assert again._repr_html_() == result._repr_html_()


def test_models_keep_and_lose_their_files(model, tmp_path):
    kept = model.save(tmp_path / "kept.h5")
    kept.close()
    assert (tmp_path / "kept.h5").exists()
    assert model.path


def test_pandas(result, model, images):
    pandas = pytest.importorskip("pandas")
    frame = result.to_pandas()
    assert isinstance(frame, pandas.DataFrame) and len(frame) == 60
    assert frame["log_likelihood"].mean() == result.log_likelihood.mean()
    assert {"pareto_k", "L_1", "L_60"} <= set(frame.columns) and frame.index.name == "index"
    units = evidence.units(model, images).to_pandas()
    assert len(units) == 24 and units["active"].sum() == sum(evidence.units(model, images).active)
    assert list(evidence.compare(result, evidence.nll(model, images, samples=5)).to_pandas()["difference"])[0] == 0


@pytest.fixture
def pyplot():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    yield plt
    plt.close("all")


def test_arviz(result, model, images, pyplot):
    az = pytest.importorskip("arviz")
    other = evidence.nll(model, images, samples=5)
    ours = result.to_arviz()
    is_one = hasattr(ours, "elpd")      # ArviZ 1, which rounds its table and takes the other sign
    assert (ours.elpd if is_one else ours.elpd_loo) == pytest.approx(result.log_likelihood.sum())
    table = az.compare({"K = 60": ours, "K = 5": other.to_arviz()}, **({"round_to": "none"} if is_one else {}))
    assert list(table.index) == ["K = 60", "K = 5"]
    paired = result.log_likelihood - other.log_likelihood
    assert table["elpd_diff"].iloc[1] == pytest.approx(paired.sum() * (-1 if is_one else 1))
    # ArviZ divides by n, the command by n - 1.
    assert table["dse"].iloc[1] == pytest.approx(np.sqrt(len(paired)) * paired.std(), rel=1e-6)
    az.plot_khat(ours)
    az.plot_compare(table)
    if hasattr(az, "plot_elpd"):
        az.plot_elpd({"K = 60": ours, "K = 5": other.to_arviz()})


def test_plots(result, model, images, pyplot):
    for kind in ("curve", "pareto", "histogram"):
        assert result.plot(kind).get_xlabel()
    units = evidence.units(model, images)
    for kind in ("units", "spectrum"):
        assert units.plot(kind, layer=2).get_xlabel()
    axis = result.plot("curve")
    np.testing.assert_allclose(axis.lines[0].get_ydata(), result.curve.mean(axis=0))
    assert result.plot("histogram", ax=axis) is axis
    with pytest.raises(evidence.SettingError, match="no 'pie'"):
        result.plot("pie")
