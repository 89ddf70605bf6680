"""The paper's experiment (Burda, Grosse, Salakhutdinov 2016, Tables 1 and 2) with this package.

    python experiment.py EVIDENCE mnist.h5 FOLDER --stages 5 [--models "vae 1,iwae 5,iwae 50"] [--layers 1] [--hours 2]

EVIDENCE is the command of a release build. Each model is trained on the first stages of the paper's schedule (stage i has 3^i epochs at
1e-3 · 10^(−i/7)), binarized anew each epoch, as far as the hours go: a run that is interrupted goes on where it was. Then it is
evaluated on the test set binarized once (seed 0): L_5000 by importance sampling, the annealed estimate on the first images, the
active units. Table 2 trains a model on with the other objective through one more stage. What is printed is Markdown, with the
paper's figures beside; FOLDER keeps models, checkpoints and the JSON of every run.
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

    def train(self, name, objective, k, stages, start=()):
        """Trains through as many stages as the time allows, and returns how many those are."""
        done = 0
        model = self.path(name + ".h5")
        for stage in range(1, stages + 1):
            limit = self.deadline - time.time()
            if limit < 10:
                break
            arguments = [
                "train", self.options.data, "--dataset", "train/images", "-o", model, "--divide-by", "255", "--binarize",
                "bernoulli", "--objective", objective, "--samples", str(k), "--schedule", "paper", "--epochs",
                str(epochs(stage)), *start]
            if os.path.exists(model + ".checkpoint"):
                arguments.append("--resume")
            if self.run(f"{name}.stage{stage}", arguments, limit) is None:
                break
            done = stage
        return done

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
        estimate = run["logLikelihood"]
        return f"{run['nll']:.2f} ± {estimate['dataStandardError']:.2f}"

    units = found["units"]
    active = "+".join(str(layer["active"]) for layer in units["layers"])
    return [
        nll(found["plain"]), f"{found['few']['nll']:.2f}", f"{found['annealed']['nll']:.2f}", active,
        f"{units['ablation']['difference']:+.2f}"]


HEAD = ["L_5000", "L_5000, few", "annealed, few", "active units", "ablation"]


def row(cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


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
    parser.add_argument("--switch", action="store_true", help="Table 2: train each model on with the other objective")
    options = parser.parse_args()
    experiment = Experiment(options)
    architecture = ["--architecture", f"paper-{options.layers}"]
    row(["objective", "k", "stages", *HEAD, "paper: NLL", "units"])
    row(["---"] * (5 + len(HEAD)))
    trained = []
    for entry in options.models.split(","):
        objective, k = entry.split()
        name = f"{objective}-k{k}-{options.layers}l"
        stages = experiment.train(name, objective, int(k), options.stages, architecture)
        if stages == 0:
            row([objective, k, 0, *["–"] * len(HEAD), *PAPER.get((options.layers, objective, int(k)), ("", ""))])
            continue
        trained.append((name, objective, k, stages))
        row([objective, k, stages, *figures(experiment.evaluate(name, stages)),
             *PAPER.get((options.layers, objective, int(k)), ("", ""))])
    if options.switch:
        print()
        row(["trained as", "then as", "k", "stages", *HEAD])
        row(["---"] * (4 + len(HEAD)))
        for name, objective, k, stages in trained:
            other = "iwae" if objective == "vae" else "vae"
            second = f"{name}-then-{other}"
            count = experiment.train(second, other, int(k), stages, ["--from", experiment.path(name + ".h5")])
            if count:
                row([objective, other, k, count, *figures(experiment.evaluate(second, count))])


if __name__ == "__main__":
    main()
