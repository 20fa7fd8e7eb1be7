"""What a rollout costs with Ray workers, part by part, and what follows for more of them.

Usage: python benchmarks/ray_scaling.py [--family job-shop] [--preset quick] [--set key=value ...]
       [--workers 1,2] [--rollouts 5] [--predict 16,64,256] [--network-gbit 10]

Parts that need no cluster are timed in seconds of processor time, in this process and on one
thread; what passes through Ray in seconds of wall time. Medians over the rollouts, after one that
is not timed. The model in the second table is explained in docs/distributed.md.
"""

import argparse
import os
import pickle
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from dispatchlab.train import TrainConfig, preset
from dispatchlab.train.algorithm import make_model
from dispatchlab.train.distributed.batch import Batch, Order, fill_buffer
from dispatchlab.train.distributed.cluster import connected
from dispatchlab.train.distributed.ray_pool import RayPool
from dispatchlab.train.distributed.shares import shares
from dispatchlab.train.distributed.worker import RolloutWorker
from dispatchlab.train.environments import training_envs

Clock = Callable[[], float]


@dataclass
class Parts:
    """Seconds per decision unless the name says otherwise."""

    decisions: int
    collect_s: float
    learn_s: float
    fill_s: float
    bytes_per_decision: float
    weights_bytes: int
    state_bytes_per_row: float
    put_bytes_per_s: float = 0.0
    get_bytes_per_s: float = 0.0
    weights_s: float = 0.0
    overhead_s: float = 0.0  # per worker and rollout


def median_s(clock: Clock, repeats: int, action: Callable[[], object]) -> float:
    """Median duration of an action after a first time that is not counted."""
    action()
    times = []
    for _ in range(repeats):
        start = clock()
        action()
        times.append(clock() - start)
    return statistics.median(times)


class Learner:
    """An algorithm whose buffer is filled from outside."""

    def __init__(self, config: TrainConfig) -> None:
        """Build it for a local run."""
        local = replace(config, engine="local", rollout_workers=0)
        with training_envs(local, is_new=False) as (env, layout):
            self.model: Any = make_model(local, env, layout)
        self.model._setup_learn(10**9)

    def order(self) -> Order:
        """Its weights."""
        state = self.model.policy.state_dict()
        return Order({name: values.numpy() for name, values in state.items()}, self.model.gamma)

    def fill(self, rows: Sequence[range], batches: Sequence[Batch]) -> None:
        """Put rollouts into the buffer."""
        buffer = self.model.rollout_buffer
        buffer.reset()
        for share, batch in zip(rows, batches, strict=True):
            fill_buffer(buffer, share, batch)
        buffer.pos, buffer.full = self.model.n_steps, True


def measure_parts(config: TrainConfig, repeats: int) -> Parts:
    """What needs no cluster."""
    whole = replace(config, engine="ray", rollout_workers=1)
    worker, learner = RolloutWorker(whole, 0), Learner(config)
    worker.begin()
    order = learner.order()
    worker.collect(order)
    batch, state = worker.collect(order)
    rows = [range(config.num_envs)]
    cpu: Clock = time.process_time
    collect_s = median_s(cpu, repeats, lambda: worker.collect(order))
    fill_s = median_s(cpu, repeats, lambda: learner.fill(rows, [batch]))
    both_s = median_s(cpu, repeats, lambda: (learner.fill(rows, [batch]), learner.model.train()))
    decisions = config.num_envs * config.n_steps
    return Parts(
        decisions,
        collect_s / decisions,
        (both_s - fill_s) / decisions,
        fill_s / decisions,
        batch.num_bytes / decisions,
        sum(values.nbytes for values in order.weights.values()),
        len(pickle.dumps(state, 5)) / config.num_envs,
    )


def measure_ray(
    config: TrainConfig, workers: int, repeats: int, parts: Parts
) -> tuple[float, float]:
    """Wall time of a rollout with workers, and of one whose workers have nothing to do."""
    whole = replace(config, engine="ray", rollout_workers=workers)
    rows, learner = shares(config.num_envs, workers), Learner(config)
    order = learner.order()
    wall: Clock = time.perf_counter
    with connected("", workers) as ray:
        pool = RayPool(ray, whole)
        pool.begin()

        def play() -> list[Batch]:
            batches = dict(pool.collect(order))
            learner.fill(rows, [batches[rank] for rank in range(workers)])
            return list(batches.values())

        rollout_s = median_s(wall, repeats, play)
        batch = play()[0]
        kept = ray.put(batch)
        parts.put_bytes_per_s = batch.num_bytes / median_s(wall, repeats, lambda: ray.put(batch))
        got_s = median_s(wall, repeats, lambda: fill_into(ray.get(kept)))
        parts.get_bytes_per_s = batch.num_bytes / got_s
        parts.weights_s = median_s(wall, repeats, lambda: ray.get(ray.put(order)))
        ping_s = median_s(
            wall, repeats, lambda: ray.get([actor.process_id.remote() for actor in pool.actors])
        )
        pool.close()
    return rollout_s, ping_s / workers


def fill_into(batch: Batch) -> list[Any]:
    """A copy of a batch, as filling the buffer makes one."""
    return [array.copy() for array in (*batch.observations.values(), *batch.arrays.values())]


def predicted(
    parts: Parts, workers: int, *, rows: int, steps: int, network: float, learner: float
) -> float:
    """Decisions per second by the model, with so many rows per worker."""
    decisions = workers * rows * steps
    played = rows * steps * (parts.collect_s + parts.bytes_per_decision / parts.put_bytes_per_s)
    sent = parts.bytes_per_decision * decisions / network
    sent += workers * (parts.weights_bytes + rows * parts.state_bytes_per_row) / network
    serial = decisions * (parts.bytes_per_decision / parts.get_bytes_per_s)
    serial += decisions * parts.learn_s / learner + workers * parts.overhead_s + parts.weights_s
    return decisions / (played + sent + serial)


def report(args: argparse.Namespace, config: TrainConfig) -> None:
    """Measure and print."""
    write = _write
    parts = measure_parts(config, args.rollouts)
    write(f"{args.family} {args.preset}: {config.num_envs} environments, {config.n_steps} steps\n")
    local = parts.decisions * parts.collect_s
    write(f"local, collecting: {1e3 * local:.0f} ms of processor time a rollout\n")
    for workers in args.workers:
        load = os.getloadavg()[0]
        wall_s, parts.overhead_s = measure_ray(config, workers, args.rollouts, parts)
        write(f"{workers} workers, collecting: {1e3 * wall_s:.0f} ms (load {load:.1f})\n")
    write("\n| part | cost |\n|---|---|\n")
    for name, text in (
        ("collect", f"{1e6 * parts.collect_s:.0f} µs a decision"),
        ("learn", f"{1e6 * parts.learn_s:.0f} µs a decision"),
        ("fill the buffer", f"{1e6 * parts.fill_s:.1f} µs a decision"),
        ("batch", f"{parts.bytes_per_decision:.0f} bytes a decision"),
        ("state", f"{parts.state_bytes_per_row:.0f} bytes an environment and rollout"),
        ("batch into the object store", f"{parts.put_bytes_per_s / 1e9:.2f} GB/s"),
        ("batch out of it, copied", f"{parts.get_bytes_per_s / 1e9:.2f} GB/s"),
        ("weights in and out", f"{parts.weights_bytes} bytes, {1e3 * parts.weights_s:.2f} ms"),
        ("call of a worker", f"{1e3 * parts.overhead_s:.2f} ms"),
    ):
        write(f"| {name} | {text} |\n")
    write("\n| workers | environments |" + "".join(f" learner x{x:g} |" for x in args.learner))
    write("\n|---|---|" + "---|" * len(args.learner) + "\n")
    for workers in (1, *args.predict):
        rates = (
            predicted(
                parts, workers, rows=config.num_envs, steps=config.n_steps,
                network=args.network_gbit * 1e9 / 8, learner=speed,
            )
            for speed in args.learner
        )  # fmt: skip
        cells = "".join(f" {rate:,.0f} |" for rate in rates)
        write(f"| {workers} | {config.num_envs * workers} |{cells}\n")


def _write(text: str) -> None:
    """Print at once: a run takes minutes."""
    sys.stdout.write(text)
    sys.stdout.flush()


def numbers(kind: type) -> Callable[[str], list[Any]]:
    """A parser of numbers with commas between them."""
    return lambda text: [kind(part) for part in text.split(",")]


def main() -> None:
    """Measure what the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--family", default="job-shop")
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--workers", type=numbers(int), default=[1, 2])
    parser.add_argument("--rollouts", type=int, default=5)
    parser.add_argument("--predict", type=numbers(int), default=[2, 16, 64, 256])
    parser.add_argument("--learner", type=numbers(float), default=[1, 10, 50])
    parser.add_argument("--network-gbit", type=float, default=10.0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    report(args, preset(args.preset, args.family).override(args.set))


if __name__ == "__main__":
    main()
