"""The numbers are the command's, to the last bit, however an array lies in memory and whatever it is made of."""

import h5py
import numpy as np
import pytest

import evidence

pytestmark = pytest.mark.filterwarnings("ignore::evidence.EvidenceWarning")


@pytest.fixture(scope="module")
def reference(command, model, images, tmp_path_factory):
    """The command's own results on a file."""
    folder = tmp_path_factory.mktemp("reference")

    def made(array, *options):
        data, results = folder / "data.h5", folder / "results.h5"
        results.unlink(missing_ok=True)
        with h5py.File(data, "w") as file:
            file["images"] = array
        command("nll", model.path, data, "--samples", 30, "--output", results, *options)
        with h5py.File(results) as file:
            # Without the scale of the curve's axis, which has no row for each example.
            return {name: column[...] for name, column in file["examples"].items() if name == "index" or not column.is_scale}
    return made


def same(result, expected):
    # The command has its numbers from a file that names no examples; an AnnData does.
    assert [column for column in result.columns if column != "name"] == list(expected)
    for name in set(expected) - {"seconds"}:        # the time that each example took
        np.testing.assert_array_equal(result._rows[name], expected[name], err_msg=name)


@pytest.mark.parametrize("kind", ["uint8", "float32", "float64", "float16", "int64", ">f4"])
def test_kinds_of_numbers(kind, model, images, reference):
    array = images.astype(kind)
    same(evidence.nll(model, array, samples=30), reference(array))


def test_booleans(model, images, reference):
    binary = images >= 8
    result = evidence.nll(model, binary, samples=30, divide_by=1)
    same(result, reference(binary, "--divide-by", 1))
    same(result, reference(binary.astype(np.uint8), "--divide-by", 1))


@pytest.mark.parametrize("arranged", [
    np.asfortranarray,
    lambda a: np.repeat(a, 2, axis=0)[::2],
    lambda a: a[::-1][::-1],
    lambda a: np.ascontiguousarray(a.transpose(2, 1, 0)).transpose(2, 1, 0),
    lambda a: np.pad(a, ((0, 0), (1, 1), (2, 2)))[:, 1:-1, 2:-2],
    lambda a: a.tolist(),
], ids=["Fortran order", "strides", "negative strides", "transposed", "a view of a larger one", "lists"])
def test_ways_to_lie_in_memory(arranged, model, images, reference):
    same(evidence.nll(model, arranged(images), samples=30), reference(images))


def test_written_in_blocks(model, images, reference, monkeypatch):
    monkeypatch.setattr("evidence._arrays.BLOCK", 1000)
    same(evidence.nll(model, images, samples=30), reference(images))


def test_a_file_and_a_dataset(model, images, reference, tmp_path):
    with h5py.File(tmp_path / "data.h5", "w") as file:
        file["test/images"] = images
        file["train/images"] = images[:10]
    expected = reference(images)
    same(evidence.nll(model, tmp_path / "data.h5", dataset="test/images", samples=30), expected)
    with h5py.File(tmp_path / "data.h5") as file:
        same(evidence.nll(model, file["test/images"], samples=30), expected)


def test_tables_and_sparse_matrices(model, images, reference):
    pandas = pytest.importorskip("pandas")
    flat = images.reshape(len(images), -1)
    expected = reference(flat)
    same(evidence.nll(model, pandas.DataFrame(flat), samples=30), expected)
    sparse = pytest.importorskip("scipy.sparse")
    same(evidence.nll(model, sparse.csr_matrix(flat), samples=30), expected)
    same(evidence.nll(model, sparse.csc_matrix(flat), samples=30), expected)


def test_anndata(model, images, reference):
    anndata = pytest.importorskip("anndata")
    flat = images.reshape(len(images), -1).astype(np.float32)
    data = anndata.AnnData(X=np.zeros_like(flat), layers={"counts": flat})
    same(evidence.nll(model, data, dataset="counts", samples=30), reference(flat))
    with pytest.raises(evidence.InputError, match="no such layer"):
        evidence.nll(model, data, dataset="raw")


def test_torch(model, images, reference):
    torch = pytest.importorskip("torch")
    expected = reference(images.astype(np.float32))
    tensor = torch.tensor(images, dtype=torch.float32)
    same(evidence.nll(model, tensor.requires_grad_(), samples=30), expected)
    same(evidence.nll(model, tensor.detach().to(torch.bfloat16), samples=30), expected)
    same(evidence.nll(model, tensor.detach().transpose(1, 2).contiguous().transpose(1, 2), samples=30), expected)


def test_jax(model, images, reference):
    jnp = pytest.importorskip("jax.numpy")
    expected = reference(images.astype(np.float32))
    same(evidence.nll(model, jnp.asarray(images, jnp.float32), samples=30), expected)
    same(evidence.nll(model, jnp.asarray(images, jnp.bfloat16), samples=30), expected)


def test_equal_arrays_are_equal_data(model, images):
    # So that a run can be gone on with from another session: the file's bytes depend on the values alone.
    a, b = evidence.nll(model, images, samples=5), evidence.nll(model, np.asfortranarray(images), samples=5)
    assert a.settings["data_sha256"] == b.settings["data_sha256"]
