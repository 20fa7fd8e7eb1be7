"""What teachers are worth: the same student under each, on held-out problems of four strata.

Usage:
    python benchmarks/teacher_study.py run --family job-shop --out runs/study [--seeds 0-4]
        [--teachers "uniform;alp-gmm"] [--steps 65536]
    python benchmarks/teacher_study.py table --family job-shop --out runs/study [--against uniform]

Every student has the same network, PPO settings and number of decisions, those that are only judged
included; it is trained on the family's widest task space and never sees the strata, whose problems
come from reserved seeds. The score of a problem is the relative regret of the greedy policy against
the family's reference rule on the very same problem, in percent: lower is better, below 0 is better
than the rule. CVaR: the mean over the tenth of the problems that was worst when the actions were
sampled, of a second, independent sample. A run that exists is not repeated.
"""

import argparse
import csv
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dispatchlab.agents import LearnedPolicy, load_policy
from dispatchlab.eval.statistics import interquartile_mean
from dispatchlab.train import TrainConfig, train
from dispatchlab.train.families import load_family
from dispatchlab.train.levels import WIDE, make_levels
from dispatchlab.train.problems import draw_problems

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
ROWS, PROBLEMS, TAIL, RESAMPLES = 32, 100, 0.1, 5000
TEACHERS = (
    "uniform", "linear", "alp-gmm:fit_rate=150", "robust-plr:capacity=128", "accel:capacity=128",
    "regret-plr:capacity=128", "flexible-paired", "clutr",
)  # fmt: skip
STUDENT: dict[str, dict[str, Any]] = {
    "job-shop": {"gamma": 1.0, "gae_lambda": 1.0, "learning_rate": 1e-3},
    "soc": {"gamma": 0.99, "gae_lambda": 0.95, "learning_rate": 3e-4, "imitation_rounds": 0},
    "edge": {"gamma": 0.99, "gae_lambda": 0.95, "learning_rate": 3e-4, "imitation_rounds": 0},
}
COMMON: dict[str, Any] = {
    "num_envs": 64, "n_steps": 64, "batch_size": 512, "n_epochs": 3, "eval_every": 0,
    "eval_instances": 0, "tensorboard": False, "checkpoint_every": 10**9, "threads": 1,
}  # fmt: skip
STRATA = {
    "job-shop": {
        "easy": "random:num_jobs=3-6,num_machines=3-4,duration_skew=0-1,routing_structure=0-1,"
        "arrival_load=0.3-1,duration_noise=0-0.3",
        "in-distribution": WIDE["job-shop"],
        "hard": "random:num_jobs=12-15,num_machines=6-10,duration_skew=0-1,routing_structure=0-1,"
        "arrival_load=2-4,duration_noise=0-0.3",
        "larger": "random:num_jobs=25-30,num_machines=8-12,duration_skew=0-1,"
        "routing_structure=0-1,arrival_load=2-4,duration_noise=0-0.3",
    },
    "soc": {
        "easy": "random:num_tasks=5-10,num_pes=2-6,fat=0.3-2.5,ccr=0-1,heterogeneity=0-2,"
        "mean_gap_us=300-600,max_jobs=1-4,noise_std=0-0.3,horizon_us=2000",
        "in-distribution": WIDE["soc"],
        "hard": "random:num_tasks=20-30,num_pes=4-6,fat=0.8-2.5,ccr=1-5,heterogeneity=1-2,"
        "mean_gap_us=40-120,max_jobs=3-4,noise_std=0-0.3,horizon_us=2000",
        "larger": "random:num_tasks=40-50,num_pes=8-10,fat=0.8-2.5,ccr=1-5,heterogeneity=1-2,"
        "mean_gap_us=40-120,max_jobs=5-6,noise_std=0-0.3,horizon_us=2000",
    },
}


def play(
    policy: LearnedPolicy, config: TrainConfig, problems: list[Any], seed: int | None
) -> FloatArray:
    """Objective of each problem: greedy without a seed, else with sampled actions."""
    native: Any = load_family(config.family).training_env(replace(config, num_envs=ROWS))
    levels, found = make_levels(config), np.full(len(problems), np.nan)
    playing, waiting = np.full(ROWS, -1), list(range(len(problems)))[::-1]

    def choose(rows: IntArray, _: FloatArray, infos: Mapping[str, Any]) -> list[Any]:
        chosen = []
        for row in rows.tolist():
            if "final_info" in infos and playing[row] >= 0:
                found[playing[row]] = levels.objective(infos["final_info"], row)
            playing[row] = waiting.pop() if waiting else -1
            chosen.append(problems[playing[row]])
        return chosen

    native.chooser = choose
    seen, _ = native.reset(seed=0)
    noise = np.random.default_rng(seed)
    while np.isnan(found).any():
        logits = policy.logits(seen).numpy()
        if seed is not None:
            logits = logits + noise.gumbel(size=logits.shape)
        seen = native.step(logits.argmax(axis=1))[0]
    return found


def judge(folder: Path, family: str, problems: int) -> list[dict[str, Any]]:
    """Regrets of a trained policy on every stratum."""
    policy = load_policy(folder, family=family)
    rows = []
    for stratum, spec in STRATA[family].items():
        config = _config(family, "", 0, 0, spec)
        levels = make_levels(config)
        drawn = draw_problems(levels.generator, problems)  # type: ignore[attr-defined]
        references = [levels.reference(problem) for problem in drawn]
        for kind, seed in (("greedy", None), ("sampled-1", 1), ("sampled-2", 2)):
            for index, objective in enumerate(play(policy, config, drawn, seed)):
                regret = levels.regret(drawn[index], float(objective), references[index])
                rows.append({"stratum": stratum, "kind": kind, "problem": index, "regret": regret})
    return rows


def run(args: argparse.Namespace) -> None:
    """Train and judge whatever is missing."""
    for seed in _seeds(args.seeds):
        for teacher in args.teachers.split(";"):
            folder = args.out / args.family / f"{teacher.partition(':')[0]}-{seed}"
            if (folder / "regrets.csv").exists():
                continue
            if not (folder / "cost.json").exists():
                begin = time.process_time()
                config = _config(args.family, teacher, seed, args.steps)
                train(config, folder, resume=(folder / "checkpoint.pt").exists())
                spent = {"cpu_s": time.process_time() - begin}
                (folder / "cost.json").write_text(json.dumps(spent | _budget(folder)))
            rows = judge(folder, args.family, args.problems)
            with (folder / "regrets.csv").open("w", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)


def table(args: argparse.Namespace) -> None:
    """Means over seeds and problems, with intervals over both, and differences to one teacher."""
    runs = sorted((args.out / args.family).glob("*/regrets.csv"))
    data: dict[str, dict[int, list[dict[str, str]]]] = {}
    for path in runs:
        name, _, seed = path.parent.name.rpartition("-")
        with path.open(newline="") as file:
            data.setdefault(name, {})[int(seed)] = list(csv.DictReader(file))
    sys.stdout.write(
        "| stratum | teacher | seeds | mean % | 95 % interval | IQM % | CVaR 10 % | "
        f"to {args.against} |\n" + 8 * "|---" + "|\n"
    )
    if args.against not in data:
        sys.exit(f"No run of {args.against!r} is in {args.out / args.family}: run it first.")
    for stratum in STRATA[args.family]:
        for name, seeds in data.items():
            regrets = _matrix(seeds, stratum, "greedy")
            low, high = _interval(regrets)
            first, second = (_matrix(seeds, stratum, f"sampled-{k}") for k in (1, 2))
            worst = np.argsort(-first, axis=0)[: max(1, int(TAIL * len(first)))]
            tail = float(np.take_along_axis(second, worst, axis=0).mean())
            apart = _apart(data[args.against], seeds, stratum)
            left, right = _interval(apart)
            sys.stdout.write(
                f"| {stratum} | {name} | {regrets.shape[1]} | {regrets.mean():.2f} | "
                f"[{low:.2f}, {high:.2f}] | {float(interquartile_mean(regrets.ravel())):.2f} | "
                f"{tail:.2f} | {apart.mean():+.2f} [{left:+.2f}, {right:+.2f}] |\n"
            )


def _config(
    family: str, teacher: str, seed: int, steps: int, generator: str = "wide"
) -> TrainConfig:
    settings = COMMON | STUDENT[family]
    return TrainConfig(
        family=family, teacher=teacher, seed=seed, generator=generator, total_timesteps=steps,
        **settings,
    )  # fmt: skip


def _budget(folder: Path) -> dict[str, float]:
    """Share of the recorded episodes that were learned from."""
    lines = (folder / "curriculum.jsonl").read_text().splitlines()
    plays = [episode[-1] for line in lines for episode in json.loads(line)["episodes"]]
    return {"learned_share": float(np.mean(plays))}


def _matrix(seeds: dict[int, list[dict[str, str]]], stratum: str, kind: str) -> FloatArray:
    """``(problems, seeds)`` regrets in percent."""
    columns = [
        [100 * float(r["regret"]) for r in rows if (r["stratum"], r["kind"]) == (stratum, kind)]
        for _, rows in sorted(seeds.items())
    ]
    return np.array(columns).T


def _apart(
    base: dict[int, list[dict[str, str]]], other: dict[int, list[dict[str, str]]], stratum: str
) -> FloatArray:
    """``(problems, seeds)`` differences of runs with the same seed."""
    shared = sorted(set(base) & set(other))
    ours, theirs = ({seed: data[seed] for seed in shared} for data in (other, base))
    return _matrix(ours, stratum, "greedy") - _matrix(theirs, stratum, "greedy")


def _interval(values: FloatArray) -> tuple[float, float]:
    """95 % interval of the mean of ``(problems, seeds)``: a seed is one policy for all problems."""
    rng, (problems, seeds) = np.random.default_rng(0), values.shape
    rows = rng.integers(problems, size=(RESAMPLES, problems, 1))
    columns = rng.integers(seeds, size=(RESAMPLES, 1, seeds))
    low, high = np.quantile(values[rows, columns].mean((1, 2)), [0.025, 0.975])
    return float(low), float(high)


def _seeds(text: str) -> list[int]:
    first, _, last = text.partition("-")
    return list(range(int(first), int(last or first) + 1))


def main() -> None:
    """Run or tabulate."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("run", "table"))
    parser.add_argument("--family", choices=tuple(STRATA), default="job-shop")
    parser.add_argument("--out", type=Path, default=Path("runs/study"))
    parser.add_argument("--teachers", default=";".join(TEACHERS), help="separated by semicolons")
    parser.add_argument("--seeds", default="0-4")
    parser.add_argument("--steps", type=int, default=65_536)
    parser.add_argument("--problems", type=int, default=PROBLEMS)
    parser.add_argument("--against", default="uniform", help="teacher to compare with")
    args = parser.parse_args()
    {"run": run, "table": table}[args.what](args)


if __name__ == "__main__":
    main()
