# %% [markdown]
# # A PyTorch VAE, from training to a verdict
#
# A small VAE is trained on 449 images of digits; the other 150 are the test set. How likely are they under it, and can the answer
# be trusted?

# %%
import torch

import evidence

sample, images, labels = evidence.digits()
binary = torch.tensor(images >= 8).flatten(1)
train, test = binary[:449].float(), binary[449:]
train.shape, test.shape, test.dtype

# %%
torch.manual_seed(0)


class VAE(torch.nn.Module):
    def __init__(self, latents=8, width=64):
        super().__init__()
        self.body = torch.nn.Sequential(torch.nn.Linear(64, width), torch.nn.Tanh())
        self.mean, self.log_variance = torch.nn.Linear(width, latents), torch.nn.Linear(width, latents)
        self.decode = torch.nn.Sequential(
            torch.nn.Linear(latents, width), torch.nn.Tanh(), torch.nn.Linear(width, 64))

    def encode(self, x):
        h = self.body(x)
        return self.mean(h), self.log_variance(h)

    def forward(self, x):
        mean, log_variance = self.encode(x)
        z = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        return torch.sigmoid(self.decode(z)), mean, log_variance


vae = VAE()
optimizer = torch.optim.Adam(vae.parameters(), 2e-3)
for epoch in range(300):
    for batch in train[torch.randperm(len(train))].split(50):
        p, mean, log_variance = vae(batch)
        kl = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(1)
        loss = (torch.nn.functional.binary_cross_entropy(p, batch, reduction="none").sum(1) + kl).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
print(f"training loss {loss.item():.2f} nats")

# %% [markdown]
# The module as it is: the noise is found in its own code, and the file is verified against it.

# %%
model = evidence.from_torch(vae, train[:8], likelihood="bernoulli", name="A small VAE")
model.verification

# %% [markdown]
# The answer, with its two errors and what says whether to believe them.

# %%
result = evidence.nll(model, test, samples=5000)
result

# %%
print(result)

# %%
result.plot("pareto");

# %% [markdown]
# Which latents does it use?

# %%
units = evidence.units(model, test)
print(units.active, units.variance[0].round(3))

# %% [markdown]
# And the verdict, on data whose log-likelihood is bracketed: simulated from the model itself.

# %%
check = evidence.check(model, test, simulated=50, samples=1000, estimator="importance-sampling")
print(check)

# %% [markdown]
# A run that is stopped keeps what it finished; a mistake is an exception that says what to do.

# %%
evidence.nll(model, test * 255)
