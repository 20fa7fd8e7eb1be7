"""Observations of small air-taxi days, and policies for them."""

from functools import cache
from typing import Any

import numpy as np
import torch
from gymnasium.spaces import Discrete

from dispatchlab.agents import GraphActorCriticPolicy
from dispatchlab.envs.core.graph_spec import GraphSpec
from dispatchlab.envs.uam.dynamics import Dynamics
from dispatchlab.envs.uam.library import load_instance
from dispatchlab.envs.uam.limits import UamLimits
from dispatchlab.envs.uam.observation import make_observation
from dispatchlab.envs.uam.realisation import draw
from tests.agents.toy_env import Arrays

SMALL = "random-5x20:charge_levels=0.6+1"
NAMES = ("random-5x20", "random-8x40:seed=1", "random-12x60")


@cache
def _played(names: tuple[str, ...], steps: int) -> tuple[GraphSpec, Arrays]:
    instances = [load_instance(name) for name in names]
    limits = UamLimits.of(instances[0])
    for instance in instances[1:]:
        limits = limits.merge(UamLimits.of(instance))
    dynamics, observation = Dynamics(len(names), limits), make_observation("graph")
    for b, instance in enumerate(instances):
        dynamics.load(b, instance, draw(np.random.default_rng(b), instance))
    dynamics.reset()
    rng = np.random.default_rng(0)
    for _ in range(steps):
        dynamics.step(np.array([rng.choice(np.flatnonzero(row)) for row in dynamics.legal()]))
    spec = observation.spec(dynamics)
    obs = spec.allocate(len(names))
    observation.fill(dynamics, np.arange(len(names)), obs)
    return spec, obs


def observe(*names: str, steps: int = 25) -> tuple[GraphSpec, Arrays]:
    """Observations of a day of each name after some random decisions, in arrays for the largest."""
    spec, obs = _played(names, steps)
    return spec, {key: array.copy() for key, array in obs.items()}


def fleet_policy(spec: GraphSpec, **network: Any) -> GraphActorCriticPolicy:
    """A policy for a spec, with scores far enough from uniform for comparisons."""
    network = {"encoder": "captain", "hidden": 32, "feedforward": 48} | network
    policy = GraphActorCriticPolicy(
        spec.space(), Discrete(spec.num_actions), lambda _: 1e-3, **network
    )
    with torch.no_grad():
        policy.net.pointer.compare.weight.mul_(10.0)
    return policy.eval()


def reorder(obs: Arrays, levels: int, rng: np.random.Generator) -> tuple[Arrays, np.ndarray]:
    """The same days with vertiports and aircraft in another order, and each action's new place.

    All days must have as many vertiports and aircraft as the arrays hold.
    """
    out = {key: array.copy() for key, array in obs.items()}
    places = {name: rng.permutation(obs[f"x/{name}"].shape[1]) for name in ("port", "aircraft")}
    for name, place in places.items():
        out[f"x/{name}"][:, place] = obs[f"x/{name}"]
    for key in obs:
        if key.startswith("edge/"):
            for end, name in ((0, key[5:].split("-")[0]), (1, "port")):
                out[key][:, end] = places[name][obs[key][:, end]]
    ports = obs["x/port"].shape[1]
    action = (places["port"][:, None] * levels + np.arange(levels)).ravel()
    assert len(action) == ports * levels == obs["action_mask"].shape[1]
    for column, name in ((0, "aircraft"), (1, "port")):
        used = obs["candidates"][..., column] >= 0
        moved = np.where(used, places[name][obs["candidates"][..., column]], -1)
        out["candidates"][:, action, column] = moved
    out["candidates"][:, action, 2] = obs["candidates"][..., 2]
    out["action_mask"][:, action] = obs["action_mask"]
    return out, action
