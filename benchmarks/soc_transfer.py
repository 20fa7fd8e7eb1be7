"""How a policy trained on ten graphs of ten tasks does on random graphs and chips it never saw.

Usage: python benchmarks/soc_transfer.py [POLICY ...] [--instances 20] [--seeds 3]

Every instance is a random layered graph of 20 to 50 tasks on a random chip of 3 or 4 elements, with
lossy arrivals and 3 jobs at most. All methods meet the same instances and realisations.
"""

import argparse
import sys

import numpy as np

from dispatchlab.agents import load_policy
from dispatchlab.baselines.soc.rollout import Problem, run_dispatcher
from dispatchlab.baselines.soc.rules import Lookahead, SocRule
from dispatchlab.envs.soc.generator import make_generator
from dispatchlab.envs.soc.realisation import draw
from dispatchlab.envs.soc.verify import verify
from dispatchlab.eval.statistics import bootstrap_interval, mean

SPEC = "random:num_tasks=20-50,num_pes=3-4,mean_gap_us=100-400,max_jobs=3,horizon_us=5000"
RULES = ("met", "etf", "heft-rt")
LOOKAHEADS = ("etf", "etf+etf-sync+peft-rt+heft-rt")


def make_problems(instances: int, seeds: int) -> list[Problem]:
    """Instances from reserved seeds, each under some realisations."""
    generator = make_generator(SPEC)
    drawn = [generator.sample(np.random.default_rng([0x7E57, i]))[0] for i in range(instances)]
    return [
        (instance, draw(np.random.default_rng([0x7E57, i, s]), instance))
        for i, instance in enumerate(drawn)
        for s in range(seeds)
    ]


def main() -> None:
    """Play, check and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("policies", nargs="*", default=["soc-top"])
    parser.add_argument("--instances", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    problems = make_problems(args.instances, args.seeds)
    runs = {rule: run_dispatcher(SocRule(rule), problems) for rule in RULES}
    runs |= {f"lookahead-{r}": run_dispatcher(Lookahead(r), problems) for r in LOOKAHEADS}
    for path in args.policies:
        policy = load_policy(path, family="soc")
        runs[f"agent={path}"] = run_dispatcher(policy, problems, **policy.meta["env"])
    base = np.array([outcome.latency_us for outcome in runs["etf"]])
    sys.stdout.write("method, latency_us, ratio to etf with 95 % interval, completed\n")
    for name, outcomes in runs.items():
        for (instance, realisation), outcome in zip(problems, outcomes, strict=True):
            if outcome.schedule is None:
                raise RuntimeError(f"{name} left no schedule of {instance.name}.")
            verify(instance, realisation, outcome.schedule, objective=outcome.job_time_us)
        ratios = np.array([outcome.latency_us for outcome in outcomes]) / base
        low, high = bootstrap_interval(ratios.reshape(args.instances, -1), mean)
        sys.stdout.write(
            f"{name}, {np.mean([o.latency_us for o in outcomes]):.1f}, {ratios.mean():.4f} "
            f"[{low:.4f}, {high:.4f}], {np.mean([o.completed for o in outcomes]):.1f}\n"
        )


if __name__ == "__main__":
    main()
