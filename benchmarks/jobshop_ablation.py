"""What matters in the agent of job shops: one change at a time, judged on generated shops.

Usage:
    python benchmarks/jobshop_ablation.py run [--out runs/ablation] [--seeds 0-2] [--steps 65536]
        [--variants "base;tokens"]
    python benchmarks/jobshop_ablation.py table [--out runs/ablation]

Every run is `dispatchlab train job-shop --preset full` with fewer decisions and one setting
changed. The score is the mean gap to the lower bound of the greedy policy on the validation shops
of that preset, which are generated: no benchmark instance is looked at. A run that exists is not
repeated; seeds come one after the other, so that a study that is stopped has all variants of some.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from dispatchlab.train import preset, train

SIZES = "num_jobs=8-18,num_machines=5-15"
VARIANTS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "base": ("the preset", {}),
    "tokens": ("features: no rehearsals", {"observation": "tokens"}),
    "non-delay": ("semantics: non-delay", {"semantics": "non-delay"}),
    "append": ("semantics: append", {"semantics": "append"}),
    "bound": ("reward: the bound itself, not above the first one", {"reward": "bound"}),
    "sparse": ("reward: once, at the end", {"reward": "sparse"}),
    "small": ("sizes: 4 to 8 jobs, 3 to 6 machines",
              {"generator": "random:num_jobs=4-8,num_machines=3-6,routing_structure=0-1"}),
    "one-size": ("sizes: 10 jobs on 10 machines",
                 {"generator": "random:num_jobs=10,num_machines=10,routing_structure=0-1"}),
    "uniform-routes": ("routes: all at random", {"generator": f"random:{SIZES}"}),
    "linear": ("curriculum: from easy to hard", {"teacher": "linear"}),
    "regret-plr": ("curriculum: exact regret", {"teacher": "regret-plr:capacity=128"}),
    "narrow": ("network: 32 wide", {"hidden": 32, "feedforward": 64}),
    "shallow": ("network: one layer", {"num_layers": 1}),
    "weak-value": ("value loss: a tenth of the weight", {"vf_coef": 0.05}),
    # Returns deviate by about 0.1 from their mean: this is the loss of values in these units.
    "normal-value": ("value loss: of normalised values", {"vf_coef": 50.0}),
    "imitation": ("imitation of lookahead first",
                  {"imitation_rounds": 5, "imitation_rule": "lookahead"}),
    "gatv2": ("encoder: GATv2 over the whole graph", {"observation": "graph", "encoder": "gatv2"}),
    "gin": ("encoder: GIN over the whole graph", {"observation": "graph", "encoder": "gin"}),
}  # fmt: skip
COMMON: dict[str, Any] = {
    "eval_every": 0, "eval_samples": 1, "tensorboard": False, "checkpoint_every": 10**9,
    "threads": 1,
}  # fmt: skip
SCORE = "score.json"


def run(args: argparse.Namespace) -> None:
    """Train what has not been trained."""
    for seed in _seeds(args.seeds):
        for name in args.variants.split(";"):
            folder = args.out / f"{name}-{seed}"
            if (folder / SCORE).exists():
                continue
            changes = COMMON | VARIANTS[name][1]
            config = preset("full").updated(
                {"seed": seed, "total_timesteps": args.steps, **changes}
            )
            began = time.process_time()
            (scores,) = train(config, folder, resume=folder.exists()).scores.values()
            facts = {"gap": scores["greedy"], "lookahead": scores.get("lookahead"),
                     "cpu_s": time.process_time() - began}  # fmt: skip
            (folder / SCORE).write_text(json.dumps(facts), encoding="utf-8")
            sys.stdout.write(f"{name}, seed {seed}: {facts}\n")
            sys.stdout.flush()


def table(args: argparse.Namespace) -> None:
    """Means over seeds, and differences to the preset with intervals of Student's t."""
    scores: dict[str, dict[int, dict[str, float]]] = {}
    for path in args.out.glob(f"*/{SCORE}"):
        name, _, seed = path.parent.name.rpartition("-")
        scores.setdefault(name, {})[int(seed)] = json.loads(path.read_text())
    if "base" not in scores:
        sys.exit(f"No run of the preset itself is in {args.out}: run the variant base first.")
    sys.stdout.write(
        "| change | gap % | to the preset | seeds | s of a core |\n" + 5 * "|---" + "|\n"
    )
    for name, (text, _) in VARIANTS.items():
        if name not in scores:
            continue
        gaps = np.array([row["gap"] for _, row in sorted(scores[name].items())])
        shared = sorted(scores[name].keys() & scores["base"].keys())
        apart = np.array([scores[name][s]["gap"] - scores["base"][s]["gap"] for s in shared])
        seconds = np.mean([row["cpu_s"] for row in scores[name].values()])
        sys.stdout.write(
            f"| {text} | {gaps.mean():.2f} | {'' if name == 'base' else _interval(apart)} | "
            f"{len(gaps)} | {seconds:.0f} |\n".replace("-", "−")
        )


def _interval(values: np.ndarray) -> str:
    """Mean with its 95 % interval over seeds."""
    if len(values) < 2:
        return f"{values.mean():+.2f}"
    half = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
    return f"{values.mean():+.2f} ± {half:.2f}"


def _seeds(text: str) -> list[int]:
    first, _, last = text.partition("-")
    return list(range(int(first), int(last or first) + 1))


def main() -> None:
    """Run or tabulate."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("run", "table"))
    parser.add_argument("--out", type=Path, default=Path("runs/ablation"))
    parser.add_argument("--seeds", default="0-2")
    parser.add_argument("--steps", type=int, default=65_536)
    parser.add_argument("--variants", default=";".join(VARIANTS), help="separated by semicolons")
    args = parser.parse_args()
    for name in args.variants.split(";"):
        if name not in VARIANTS:
            parser.error(f"there is no variant {name!r}; choose from {', '.join(VARIANTS)}")
    {"run": run, "table": table}[args.what](args)


if __name__ == "__main__":
    main()
