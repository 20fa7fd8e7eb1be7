"""How many decisions of job shops are played per second, beside peers that pip can install.

Usage: python benchmarks/jobshop_peers.py [--seconds 1] [--rounds 5] [--instances ft06,ta01]

One process, one thread, seconds of processor time. Everybody plays the same instance, without
Gymnasium's wrappers; all rows take turns within a round, and the median of the rounds is shown.
Random legal actions, chosen outside the timed region; resets are not timed, but those of the vector
environment, which are part of its steps. Ours stop at every dispatch, as the peers do. The physical
reference is the time per activity of rules that make whole schedules inside the kernel while nobody
looks at anything.

Peers, where installed (``pip install JSSEnv job-shop-lib``): JSSEnv, with its observation of seven
numbers a job; job_shop_lib, `SingleJobShopGraphEnv` with the disjunctive graph and the features of
durations alone, its cheapest.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np

import dispatchlab  # noqa: F401 - registers the environments
from dispatchlab.baselines.dispatchers import Lookahead
from dispatchlab.envs.jobshop.dynamics.rehearsal import RULES
from dispatchlab.envs.jobshop.formats import dump_instance
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.library import load_instance

ROWS = 64
HEADER = "| way | decisions/s | µs each | times JSSEnv |\n" + 4 * "|---" + "|\n"
Way = Callable[[float], tuple[float, float]]  # seconds to spend -> decisions, seconds spent


def scalar(encoding: CpEncoding) -> Way:
    """Steps of one environment, with tokens."""
    env = gym.make("dispatchlab/JobShop-v0", instance=encoding, stop_at="every").unwrapped
    noise = np.random.default_rng(0)
    state: dict[str, Any] = {"mask": env.reset(seed=0)[1]["action_mask"]}

    def play(seconds: float) -> tuple[float, float]:
        spent, steps = 0.0, 0
        while spent < seconds:
            action = int(noise.choice(np.flatnonzero(state["mask"])))
            start = time.process_time()
            _, _, done, _, info = env.step(action)
            spent += time.process_time() - start
            steps += 1
            state["mask"] = (env.reset()[1] if done else info)["action_mask"]
        return steps, spent

    return play


def vector(encoding: CpEncoding) -> Way:
    """Steps of the vector environment, with tokens; ended rows begin again within the step."""
    env = gym.make_vec(
        "dispatchlab/JobShop-v0", ROWS, "vector_entry_point", instance=encoding, stop_at="every"
    )
    noise = np.random.default_rng(0)
    state: dict[str, Any] = {"mask": env.reset(seed=0)[1]["action_mask"]}

    def play(seconds: float) -> tuple[float, float]:
        spent, steps = 0.0, 0
        while spent < seconds:
            mask = state["mask"]
            actions = (mask * noise.random(mask.shape)).argmax(axis=1)
            start = time.process_time()
            state["mask"] = env.step(actions)[-1]["action_mask"]
            spent += time.process_time() - start
            steps += ROWS
        return steps, spent

    return play


def whole_schedules(encoding: CpEncoding) -> Way:
    """Dispatches inside the kernel: every first action is rehearsed to the end by every rule."""
    env: Any = gym.make("dispatchlab/JobShop-v0", instance=encoding).unwrapped
    _, info = env.reset(seed=0)
    dispatches = int(info["action_mask"].sum()) * len(RULES) * encoding.num_activities
    view, lookahead = env.view(), Lookahead()

    def play(seconds: float) -> tuple[float, float]:
        spent, calls = 0.0, 0
        while spent < seconds:
            start = time.process_time()
            lookahead.act(view)
            spent += time.process_time() - start
            calls += 1
        return calls * dispatches, spent

    return play


def jssenv(encoding: CpEncoding) -> Way | None:
    """Steps of JSSEnv; one of its actions waits."""
    try:
        from JSSEnv.envs.jss_env import JssEnv
    except ImportError:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "instance"
        text = dump_instance(encoding, "standard")
        path.write_text("\n".join(x for x in text.splitlines() if not x.startswith("#")))
        env = JssEnv({"instance_path": str(path)})
    noise = np.random.default_rng(0)
    state: dict[str, Any] = {}

    def begin() -> None:
        observed = env.reset()
        state["mask"] = (observed[0] if isinstance(observed, tuple) else observed)["action_mask"]

    def play(seconds: float) -> tuple[float, float]:
        spent, steps = 0.0, 0
        if not state:
            begin()
        while spent < seconds:
            action = int(noise.choice(np.flatnonzero(state["mask"])))
            start = time.process_time()
            observed, _, done, _, _ = env.step(action)
            spent += time.process_time() - start
            steps += 1
            state["mask"] = observed["action_mask"]
            if done:
                begin()
        return steps, spent

    return play


def job_shop_lib(encoding: CpEncoding) -> Way | None:
    """Steps of the graph environment of job_shop_lib."""
    try:
        from job_shop_lib import JobShopInstance, Operation
        from job_shop_lib.dispatching.feature_observers import FeatureObserverType
        from job_shop_lib.graphs import build_disjunctive_graph
        from job_shop_lib.reinforcement_learning import SingleJobShopGraphEnv
    except ImportError:
        return None
    machines = encoding.use_resource[encoding.use_ptr[encoding.mode_ptr[:-1]]]
    times = encoding.mode_duration[encoding.mode_ptr[:-1]]
    jobs: list[list[Any]] = [[] for _ in range(encoding.num_jobs)]
    for job, machine, duration in zip(encoding.job, machines, times, strict=True):
        jobs[int(job)].append(Operation(int(machine), int(duration)))
    graph = build_disjunctive_graph(JobShopInstance(jobs, name=encoding.name))
    env = SingleJobShopGraphEnv(graph, [FeatureObserverType.DURATION])
    noise = np.random.default_rng(0)
    state: dict[str, Any] = {"info": env.reset()[1]}

    def play(seconds: float) -> tuple[float, float]:
        spent, steps = 0.0, 0
        while spent < seconds:
            open_now = state["info"]["available_operations_with_ids"]
            _, machine, job = open_now[noise.integers(len(open_now))]
            start = time.process_time()
            _, _, done, _, state["info"] = env.step((job, machine))
            spent += time.process_time() - start
            steps += 1
            if done:
                state["info"] = env.reset()[1]
        return steps, spent

    return play


def main() -> None:
    """Measure all rows in turns, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=1.0, help="per row and round")
    parser.add_argument("--rounds", type=int, default=5, choices=range(1, 1000), metavar="N")
    parser.add_argument("--instances", default="ft06,ta01,ta41,ta71")
    args = parser.parse_args()
    makers: dict[str, Callable[[CpEncoding], Way | None]] = {
        "one environment, tokens": scalar,
        f"vector environment of {ROWS}, tokens": vector,
        "whole schedules in the kernel": whole_schedules,
        "JSSEnv": jssenv,
        "job_shop_lib, graph": job_shop_lib,
    }
    for name in args.instances.split(","):
        encoding = load_instance(name)
        ways = {label: make(encoding) for label, make in makers.items()}
        found = {label: way for label, way in ways.items() if way is not None}
        for way in found.values():
            way(0.05)  # compiles
        rounds = [[way(args.seconds) for way in found.values()] for _ in range(args.rounds)]
        speeds = np.median([[steps / s for steps, s in counts] for counts in rounds], axis=0)
        sys.stdout.write(f"\n{name}\n\n{HEADER}")
        base = dict(zip(found, speeds, strict=True)).get("JSSEnv", np.nan)
        for label, speed in zip(found, speeds, strict=True):
            sys.stdout.write(
                f"| {label} | {speed:,.0f} | {1e6 / speed:,.2f} | {speed / base:.2f} |\n"
            )
        sys.stdout.flush()
        if len(found) < len(ways):
            sys.stdout.write("A peer is missing: `pip install JSSEnv job-shop-lib`.\n")


if __name__ == "__main__":
    main()
