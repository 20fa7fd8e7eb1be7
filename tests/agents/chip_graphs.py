"""Synthetic observations of jobs on a chip: random graphs of tasks, processing elements, jobs."""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from gymnasium.spaces import Discrete

from dispatchlab.agents import GraphActorCriticPolicy
from dispatchlab.envs.core.graph_spec import EdgeType, Feature, GraphSpec, NodeType

Arrays = dict[str, npt.NDArray[Any]]
OPTION = "task-option-pe"
PRECEDES = "task-precedes-task"


def _features(count: int) -> tuple[Feature, ...]:
    return tuple(Feature(f"f{i}") for i in range(count))


def chip_spec(
    num_tasks: int = 12, num_pes: int = 3, num_jobs: int = 3, *, ordering: bool = False,
    wait: bool = False, arc_features: int = 12,
) -> GraphSpec:  # fmt: skip
    """Layout of the observation: actions are (task, PE) arcs, or tasks if they are ordered."""
    nodes = (
        NodeType("task", num_tasks, _features(5)),
        NodeType("pe", num_pes, _features(3)),
        NodeType("job", num_jobs, _features(2)),
    )
    edges = (
        EdgeType("task", "precedes", "task", 3 * num_tasks, _features(2)),
        EdgeType("task", "on", "pe", num_tasks, _features(2)),
        EdgeType("task", "of", "job", num_tasks),
        EdgeType("task", "option", "pe", num_tasks * num_pes, _features(arc_features)),
    )
    if ordering:
        return GraphSpec(nodes, edges, _features(4), ("task",), num_tasks + wait)
    actions = num_tasks * num_pes + wait
    return GraphSpec(nodes, edges, _features(4), ("task", "pe", OPTION), actions)


def fill(spec: GraphSpec, batch: int, seed: int = 0, least: int = 6, ready: float = 0.3) -> Arrays:
    """Random observations; the padding holds garbage on purpose."""
    rng = np.random.default_rng(seed)
    obs = spec.allocate(batch)
    for key, array in obs.items():
        if key.startswith(("x/", "edge_attr/")):
            array.fill(9.0)
    obs["globals"][:] = rng.normal(size=obs["globals"].shape)
    obs["candidates"].fill(-1)
    for b in range(batch):
        _fill_row(spec, {key: array[b] for key, array in obs.items()}, rng, least, ready)
    return obs


def _fill_row(
    spec: GraphSpec, row: Arrays, rng: np.random.Generator, least: int, ready: float
) -> None:
    """One observation: tasks in topological order, dealt to jobs; a share of them is ready."""
    sizes = {node.name: node.max_count for node in spec.nodes}
    tasks = int(rng.integers(least, sizes["task"] + 1))
    sizes["task"] = tasks
    for name, count in sizes.items():
        row[f"n/{name}"][0] = count
        row[f"x/{name}"][:count] = rng.normal(size=row[f"x/{name}"][:count].shape)
    job = rng.integers(sizes["job"], size=tasks)
    pairs = [(i, j) for j in range(tasks) for i in rng.permutation(j)[:2] if job[i] == job[j]]
    on = np.flatnonzero(rng.random(tasks) < 0.3)
    chosen = np.flatnonzero(rng.random(tasks) < ready)
    chosen = chosen if len(chosen) else np.array([0])
    options = [(t, p) for t in chosen for p in range(sizes["pe"]) if rng.random() < 0.8]
    options = options or [(int(chosen[0]), 0)]
    put(row, PRECEDES, pairs, rng)
    put(row, "task-on-pe", [(t, rng.integers(sizes["pe"])) for t in on], rng)
    put(row, "task-of-job", list(enumerate(job)), rng)
    put(row, OPTION, options, rng)
    if spec.candidate_types == ("task",):
        row["candidates"][: len(chosen), 0] = chosen
        row["action_mask"][: len(chosen)] = 1
        return
    # Arcs are pointed at in reverse, so that an action is not its own arc.
    count = len(options)
    arcs = np.arange(count)[::-1]
    row["candidates"][:count, :2] = np.array(options)[arcs]
    row["candidates"][:count, 2] = arcs
    row["action_mask"][:count] = 1


def put(row: Arrays, key: str, pairs: list, rng: np.random.Generator) -> None:
    """Write the arcs of a relation, with random features where it has some."""
    count = len(pairs)
    row[f"e/{key}"][0] = count
    row[f"edge/{key}"][:, :count] = np.array(pairs, np.int64).reshape(-1, 2).T
    if f"edge_attr/{key}" in row:
        features = row[f"edge_attr/{key}"]
        features[:count] = rng.normal(size=features[:count].shape)


def chip_policy(spec: GraphSpec, **network: Any) -> GraphActorCriticPolicy:
    """A policy for a spec, with scores far enough from uniform for comparisons."""
    policy = GraphActorCriticPolicy(
        spec.space(), Discrete(spec.num_actions), lambda _: 1e-3, **network
    )
    with torch.no_grad():
        for head in (policy.net.pointer.score, policy.net.pointer.wait):
            head[-1].weight.normal_()
        policy.net.pointer.empty.normal_()
    return policy.eval()
