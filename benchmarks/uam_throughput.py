"""How many decisions of an air-taxi fleet are played per second, beside a peer.

Usage: python benchmarks/uam_throughput.py [--seconds 1] [--rounds 5] [--days random-8x40]

One process, one thread, seconds of processor time. All rows take turns within a round, and the
median of the rounds is shown. Random legal actions, chosen outside the timed region, but for the
rule, which decides inside the kernel; resets are not timed. The peer is ride-gym, where it is
installed: as many vehicles, with its own random policy.
"""

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np

import dispatchlab  # noqa: F401 - registers the environments
from dispatchlab.baselines.uam.rollout import begin
from dispatchlab.baselines.uam.rules import UamRule
from dispatchlab.envs.uam.generator import make_generator

ROWS, RULE = 64, "greedy-rate"
VEHICLES, ORDERS, DAY_S, DAY_MIN, AREA_MI = 40, 2000, 43_200, 720.0, 50.0
SPEED_MI_PER_MIN = 74.5 / 60.0
HEADER = "| way | calls/s | decisions/s | ratio | days/s | ratio |\n" + 6 * "|---" + "|\n"
PUBLIC_2022 = 118.0  # steps per second, measured by us, see README.md


class Count(NamedTuple):
    """What was done in some seconds of processor time; a step is a call from Python."""

    steps: float
    decisions: float
    days: float
    seconds: float


Way = Callable[[float], Count]


def scalar(days: str, observation: str) -> Way:
    """Steps of one environment, as `gymnasium.make` returns it; a step is a decision."""
    env = gym.make("dispatchlab/UAM-v0", generator=days, observation=observation)
    return _one_by_one(env, env.step)


def unobserved(days: str) -> Way:
    """The same without observations and infos: the action is played and its reward found."""
    env = gym.make("dispatchlab/UAM-v0", generator=days)
    episodes = env.get_wrapper_attr("episodes")
    return _one_by_one(env, lambda action: episodes.step(np.array([action])))


def _one_by_one(env: "gym.Env[Any, Any]", step: Callable[[int], Any]) -> Way:
    noise, dynamics = np.random.default_rng(0), env.get_wrapper_attr("episodes").dynamics
    env.reset(seed=0)

    def play(seconds: float) -> Count:
        spent, steps, played = 0.0, 0, 0
        while spent < seconds:
            if dynamics.done()[0]:
                env.reset()
            now = dynamics.now(0)
            action = int(noise.choice(np.flatnonzero(dynamics.legal()[0])))
            start = time.process_time()
            step(action)
            spent += time.process_time() - start
            steps, played = steps + 1, played + dynamics.now(0) - now
        return Count(steps, steps, played / DAY_S, spent)

    return play


def vector(days: str, observation: str) -> Way:
    """Steps of the vector environment; a step is a decision in every row that is not over."""
    env = gym.make_vec(
        "dispatchlab/UAM-v0", ROWS, "vector_entry_point", generator=days, observation=observation,
        autoreset="disabled",
    )  # fmt: skip
    dynamics: Any = env.unwrapped.episodes.dynamics  # type: ignore[attr-defined] # of ours
    noise = np.random.default_rng(0)
    env.reset(seed=0)

    def play(seconds: float) -> Count:
        spent, steps, played = 0.0, 0, 0
        while spent < seconds:
            if dynamics.done().any():
                env.reset(options={"reset_mask": np.ones(ROWS, np.bool_)})
            legal, before = dynamics.legal(), sum(map(dynamics.now, range(ROWS)))
            actions = (legal * noise.random(legal.shape)).argmax(axis=1)
            start = time.process_time()
            env.step(actions)
            spent += time.process_time() - start
            steps, played = steps + 1, played + sum(map(dynamics.now, range(ROWS))) - before
        return Count(steps, steps * ROWS, played / DAY_S, spent)

    return play


def in_kernel(days: str) -> Way:
    """Whole days by a rule inside the kernel, without observations."""
    generator = make_generator(days)
    problems = [generator.sample(np.random.default_rng([0, row])) for row in range(ROWS)]
    dynamics, rule = begin(problems, log=False), UamRule(RULE)
    rule.play(dynamics)

    def play(seconds: float) -> Count:
        spent, calls, decisions = 0.0, 0, 0
        while spent < seconds:
            dynamics.reset()
            start = time.process_time()
            rule.play(dynamics)
            spent += time.process_time() - start
            calls, decisions = calls + 1, decisions + int(dynamics.decisions().sum())
        return Count(calls, decisions, calls * ROWS, spent)

    return play


def ride_gym() -> Way | None:
    """Steps of ride-gym's environment: one is a minute, in which each vehicle has an action.

    The same area, speed, day and fleet; 2000 orders a day. Its policy is not timed.
    """
    try:
        from ride_gym import EuclideanNetwork, RandomOrderGenerator, RidePoolEnv
        from ride_gym.policies import RandomConflictFreePolicy
    except ImportError:
        return None
    area = (0.0, 0.0, AREA_MI, AREA_MI)
    orders = RandomOrderGenerator(area, DAY_MIN, ORDERS, "poisson", max_party_size=4, rng=0)
    env = RidePoolEnv(
        area, VEHICLES, 4, horizon=DAY_MIN, order_timeout=30.0, order_generator=orders,
        road_network=EuclideanNetwork(speed=SPEED_MI_PER_MIN), seed=0,
    )  # fmt: skip
    policy = RandomConflictFreePolicy(seed=0)
    state: dict[str, Any] = {"observed": None}

    def play(seconds: float) -> Count:
        spent, steps = 0.0, 0
        while spent < seconds:
            if state["observed"] is None:
                state["observed"], _ = env.reset()
            actions = policy.act(state["observed"])
            start = time.process_time()
            observed, _, dones, _ = env.step(actions)
            spent += time.process_time() - start
            steps += 1
            state["observed"] = None if dones["__all__"] else observed
        return Count(steps, steps * VEHICLES, steps / DAY_MIN, spent)

    return play


def main() -> None:
    """Measure all rows in turns, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=1.0, help="per row and round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--days", default="random-8x40")
    args = parser.parse_args()
    ways: dict[str, Way | None] = {
        "one environment, graph": scalar(args.days, "graph"),
        "one environment, priced": scalar(args.days, "priced"),
        "one environment, no observation": unobserved(args.days),
        f"vector environment of {ROWS}, graph": vector(args.days, "graph"),
        f"vector environment of {ROWS}, priced": vector(args.days, "priced"),
        f"{RULE} in the kernel, {ROWS} days": in_kernel(args.days),
        f"ride-gym, {VEHICLES} vehicles": ride_gym(),
    }
    found = {name: way for name, way in ways.items() if way is not None}
    for way in found.values():
        way(0.05)  # compiles
    rounds = [[way(args.seconds) for way in found.values()] for _ in range(args.rounds)]
    speeds = np.array([[np.array(c[:3]) / c.seconds for c in counts] for counts in rounds])
    medians = dict(zip(found, np.median(speeds, axis=0), strict=True))
    base = medians["one environment, graph"]
    sys.stdout.write(HEADER)
    for name, speed in medians.items():
        ratio = speed / base
        sys.stdout.write(
            f"| {name} | {speed[0]:,.0f} | {speed[1]:,.0f} | {ratio[1]:.2f} | {speed[2]:,.1f} | "
            f"{ratio[2]:.2f} |\n"
        )
    sys.stdout.write(
        f"| the public environment of 2022 (quoted) | {PUBLIC_2022:,.0f} | {PUBLIC_2022:,.0f} | "
        f"{PUBLIC_2022 / base[1]:.3f} | – | – |\n"
    )
    if len(found) < len(ways):
        sys.stdout.write("The peer is missing: run `pip install ride-gym` to measure it as well.\n")


if __name__ == "__main__":
    main()
