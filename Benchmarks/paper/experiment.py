"""The paper's experiment (Burda, Grosse, Salakhutdinov 2016, Tables 1 and 2) with this package.

    python experiment.py EVIDENCE mnist.h5 FOLDER --stages 5 [--models "vae 1,iwae 5,iwae 50"] [--layers 1] [--hours 2]
        [--switch "vae 1 > iwae 50, iwae 50 > vae 1"] [--refit "vae 1 > wake 50"]

EVIDENCE is the command of a release build. Each model is trained on the first stages of the paper's schedule (stage i has 3^i epochs at
1e-3 · 10^(−i/7)), binarized anew each epoch, as far as the hours go: a run that is interrupted goes on where it was. Then it is
evaluated on the test set binarized once (seed 0): L_5000 by importance sampling, the annealed estimate on the first images, the
active units. Table 2 (`--switch`) trains a model on with another objective, at the rate of the schedule's next stage, for
`--switch-epochs`; `--refit` does so with the decoder frozen. What is printed is Markdown, with the paper's figures beside; FOLDER
keeps models, checkpoints and the JSON of every run.
"""

import argparse
import json
import os
import subprocess
import time

# Test NLL of L_5000 and active units in the paper, one and two stochastic layers.
PAPER = {
    (1, "vae", 1): (86.76, "19"), (1, "vae", 5): (86.47, "20"), (1, "vae", 50): (86.35, "20"),
    (1, "iwae", 1): (86.76, "19"), (1, "iwae", 5): (85.54, "22"), (1, "iwae", 50): (84.78, "25"),
    (2, "vae", 1): (85.33, "16+5"), (2, "vae", 5): (85.01, "17+5"), (2, "vae", 50): (84.78, "17+5"),
    (2, "iwae", 1): (85.33, "16+5"), (2, "iwae", 5): (83.89, "21+5"), (2, "iwae", 50): (82.90, "26+7")}
# Table 2, one layer: trained as the first, then as the second.
PAPER_SWITCHED = {("vae 1", "iwae 50"): (84.88, "22"), ("iwae 50", "vae 1"): (86.02, "23")}


def epochs(stages):
    return sum(3**i for i in range(stages))


class Experiment:
    def __init__(self, options):
        self.options = options
        self.deadline = time.time() + 3600 * options.hours
        os.makedirs(options.folder, exist_ok=True)

    def path(self, name):
        return os.path.join(self.options.folder, name)

    def run(self, name, arguments, limit=None):
        """The JSON of a run, kept; None where the time did not suffice."""
        kept = self.path(name + ".json")
        if os.path.exists(kept):
            return json.load(open(kept))
        command = [self.options.command, *arguments, "--threads", str(self.options.threads), "--format", "json"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            out, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            process.send_signal(2)
            process.communicate()
            return None
        if process.returncode:
            raise SystemExit(f"{' '.join(command)}: status {process.returncode}")
        with open(kept, "w") as file:
            file.write(out)
        return json.loads(out)

    def command_of_training(self, name, objective, k, *options):
        model = self.path(name + ".h5")
        resume = ["--resume"] if os.path.exists(model + ".checkpoint") else []
        return [
            "train", self.options.data, "--dataset", "train/images", "-o", model, "--divide-by", "255", "--binarize", "bernoulli",
            "--objective", objective, "--samples", k, *options, *resume]

    def train(self, name, objective, k, stages):
        """Trains through as many stages as the time allows, and returns how many those are."""
        for stage in range(1, stages + 1):
            limit = self.deadline - time.time()
            command = self.command_of_training(
                name, objective, k, "--schedule", "paper", "--epochs", str(epochs(stage)),
                "--architecture", f"paper-{self.options.layers}")
            if limit < 10 or self.run(f"{name}.stage{stage}", command, limit) is None:
                return stage - 1
        return stages

    def train_on(self, name, start, objective, k, stages, *options):
        """Goes on from a model at the rate of the stage behind its last."""
        command = self.command_of_training(
            name, objective, k, "--epochs", str(self.options.switch_epochs), "--learning-rate", f"{1e-3 * 10 ** (-stages / 7):.4e}",
            "--from", self.path(start + ".h5"), *options)
        return self.run(f"{name}.trained", command, self.deadline - time.time())

    def evaluate(self, name, stages):
        model, test = self.path(name + ".h5"), [self.options.data, "--dataset", "test/images"]
        few = ["--examples", f"..{self.options.annealed}"]
        tag = f"{name}.after{stages}"
        return {
            "plain": self.run(tag + ".nll", ["nll", model, *test, "--samples", "5000", "--examples", f"..{self.options.test}"]),
            "few": self.run(tag + ".few", ["nll", model, *test, "--samples", "5000", *few]),
            "annealed": self.run(tag + ".annealed", ["nll", model, *test, "--estimator", "annealed", *few]),
            "units": self.run(tag + ".units", ["units", model, *test, "--ablate", "--samples", "500", "--examples", "..1000"])}


def figures(found):
    def nll(run):
        draws = run["verdict"]["monteCarloStandardError"]
        return f"{run['nll']:.2f} ± {'?' if draws is None else format(draws, '.2f')}"

    units = found["units"]
    active = "+".join(str(layer["active"]) for layer in units["layers"])
    ess = found["plain"]["diagnostics"]["effectiveSampleSize"]["median"]
    return [
        f"{found['plain']['nll']:.2f} ± {found['plain']['logLikelihood']['dataStandardError']:.2f}", f"{ess:.1f}",
        nll(found["few"]), nll(found["annealed"]), active, f"{units['ablation']['difference']:+.2f}"]


HEAD = ["L_5000 ± data", "ESS", "L_5000, few ± draws", "annealed, few ± draws", "active units", "ablation"]


def row(cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def pairs(text):
    """"vae 1 > iwae 50, …" as pairs of what a model was trained as and what it is trained on as."""
    return [tuple(side.strip() for side in pair.split(">")) for pair in text.split(",") if pair.strip()]


def switched(experiment, reached, text, freeze):
    """A table of models trained on with another objective; `freeze` are the options that freeze a network."""
    print()
    row(["trained as", "then as", "epochs", *HEAD, "paper: NLL", "units"])
    row(["---"] * (5 + len(HEAD)))
    for first, then in pairs(text):
        if first not in reached:
            continue
        start, stages = reached[first]
        objective, k = then.split()
        name = f"{start}-{'encoder-' if freeze else ''}then-{objective}-k{k}"
        paper = ("", "") if freeze else PAPER_SWITCHED.get((first, then), ("", ""))
        if experiment.train_on(name, start, objective, k, stages, *freeze):
            row([first, then, experiment.options.switch_epochs, *figures(experiment.evaluate(name, "switch")), *paper])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command")
    parser.add_argument("data")
    parser.add_argument("folder")
    parser.add_argument("--stages", type=int, default=5)
    parser.add_argument("--models", default="vae 1,iwae 5,iwae 50")
    parser.add_argument("--layers", type=int, default=1)
    parser.add_argument("--hours", type=float, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--test", type=int, default=10000)
    parser.add_argument("--annealed", type=int, default=100)
    parser.add_argument("--switch", default="", help="Table 2: whole models trained on, such as \"vae 1 > iwae 50\"")
    parser.add_argument("--refit", default="", help="the same with the decoder frozen")
    parser.add_argument("--switch-epochs", type=int, default=27)
    options = parser.parse_args()
    experiment = Experiment(options)
    row(["objective", "k", "stages", *HEAD, "paper: NLL", "units"])
    row(["---"] * (5 + len(HEAD)))
    reached = {}
    for entry in options.models.split(","):
        objective, k = entry.split()
        name = f"{objective}-k{k}-{options.layers}l"
        paper = PAPER.get((options.layers, objective, int(k)), ("", ""))
        stages = experiment.train(name, objective, k, options.stages)
        if stages == 0:
            row([objective, k, 0, *["–"] * len(HEAD), *paper])
            continue
        reached[entry.strip()] = (name, stages)
        row([objective, k, stages, *figures(experiment.evaluate(name, stages)), *paper])
    if options.switch:
        switched(experiment, reached, options.switch, [])
    if options.refit:
        switched(experiment, reached, options.refit, ["--freeze", "decoder"])


if __name__ == "__main__":
    main()
