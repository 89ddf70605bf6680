# %% [markdown]
# # Comparing four models
#
# How many bits do the weights of a model need? The sample of the package is an IWAE with two stochastic layers. Here are
# three more of it, with every weight rounded to 6, 4 and 3 bits, and the four are set side by side on the same images.

# %%
import shutil
import tempfile
import warnings
from pathlib import Path

import h5py
import numpy as np

import evidence

model, images, labels = evidence.digits()
model.info.latents, model.info.parameters, images.shape, images.dtype

# %% [markdown]
# A model file is HDF5: the weights are datasets in it, and a copy with others is another model.


# %%
folder = Path(tempfile.mkdtemp())


def rounded(bits):
    """The model with its weights on a grid of 2^bits values for each array."""
    path = folder / f"{bits}-bits.h5"
    shutil.copy(model.path, path)

    def quantize(name, item):
        if isinstance(item, h5py.Dataset) and item.dtype == np.float32 and item.ndim == 2:
            values = item[...]
            step = 2 * np.abs(values).max() / (2**bits - 1)
            item[...] = np.round(values / step) * step

    with h5py.File(path, "r+") as file:
        file.visititems(quantize)
    return evidence.open(path)


models = {"32 bits": model, **{f"{bits} bits": rounded(bits) for bits in (6, 4, 3)}}

# %% [markdown]
# One call each. What the numbers should be read with comes as warnings of a class of their own; here they are kept, to be
# looked at below.

# %%
warnings.simplefilter("ignore", evidence.EvidenceWarning)
results = {name: evidence.nll(each, images, samples=500) for name, each in models.items()}
results["32 bits"]

# %% [markdown]
# Paired over the same images, best first. Images that are hard are hard for every model: pairing takes that out, and a
# difference is clear that the errors of the means would hide.

# %%
table = evidence.compare(results)
table

# %%
table.to_pandas().round(3)

# %%
results["4 bits"].warnings[:3]

# %% [markdown]
# With fewer bits the posterior approximation is worse as well: the effective sample size falls, and k̂ rises. So a part of the
# loss may be the estimate's and not the model's. More draws tell: the curve of the worst still rises.

# %%
for name, result in results.items():
    share = (result.pareto_k > result.summary.diagnostics.pareto_k.threshold).mean()
    print(f"{name:8}  median effective sample size {np.median(result.effective_sample_size):6.1f}   k̂ too high: {share:.0%}")

# %%
import matplotlib.pyplot as plt

figure, axis = plt.subplots(figsize=(6, 3.5))
for name, result in results.items():
    result.plot("curve", ax=axis, label=name)
axis.legend();

# %% [markdown]
# ArviZ takes them too.

# %%
try:
    import arviz as az
    print(az.compare({name: result.to_arviz() for name, result in results.items()})[["elpd_loo", "elpd_diff", "dse"]].round(1))
except ImportError:
    print("ArviZ is not installed")

# %% [markdown]
# A wrong call says what to do.

# %%
try:
    evidence.nll(model, images[:, :7])
except evidence.EvidenceError as error:
    print(error)

# %%
shutil.rmtree(folder)
