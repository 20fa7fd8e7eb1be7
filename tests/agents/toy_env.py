"""A toy with a graph observation: choose the legal option of largest value, or wait if told to.

The optimal return is 1 a decision. With the graph observation an option's value stands on the
activity that its candidate row points at, never on the option itself.
"""

from typing import Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt
from gymnasium.vector import AutoresetMode, VectorEnv

from dispatchlab.envs.core.graph_spec import EdgeType, Feature, GraphSpec, NodeType
from dispatchlab.envs.core.schedule import Schedule

Arrays = dict[str, npt.NDArray[Any]]
Column = npt.NDArray[Any]
StepReturn = tuple[Arrays, Column, Column, Column, dict[str, Any]]
STATE = ("seed", "episode", "step_index", "actions", "right")


def toy_spec(capacity: int, observation: str = "tokens", wait: bool = False) -> GraphSpec:
    """Layout of the toy's observation."""
    told = (Feature("told_to_wait"), Feature("progress"))
    if observation == "tokens":
        options = NodeType(
            "option", capacity, (Feature("legal"), Feature("value"), Feature("noise"))
        )
        return GraphSpec((options,), (), told, ("option",), capacity + wait)
    nodes = (
        NodeType("option", capacity, (Feature("legal"), Feature("noise"))),
        NodeType("activity", capacity, (Feature("value"),)),
        NodeType("resource", 3, (Feature("load", "s", "horizon"),)),
    )
    edges = (
        EdgeType("activity", "precedes", "activity", capacity, (Feature("lag"),)),
        EdgeType(
            "activity", "uses", "resource", capacity, (Feature("duration"), Feature("demand"))
        ),
    )
    return GraphSpec(nodes, edges, told, ("option", "activity"), capacity + wait)


class ToyVectorEnv(VectorEnv[Arrays, Any, Any]):
    """Batch of toys with the surface of a native vector environment."""

    def __init__(
        self,
        num_envs: int = 1,
        capacity: int = 8,
        smallest: int = 3,
        decisions: int = 2,
        observation: str = "tokens",
        wait: bool = False,
        autoreset: str = "same-step",
    ) -> None:
        """Allocate ``num_envs`` rows."""
        self.num_envs, self.capacity, self.smallest = num_envs, capacity, smallest
        self.decisions, self.wait, self.render_mode = decisions, wait, None
        self.graph_spec = toy_spec(capacity, observation, wait)
        self.metadata = {
            "autoreset_mode": {
                "same-step": AutoresetMode.SAME_STEP,
                "disabled": AutoresetMode.DISABLED,
            }[autoreset]
        }
        self.single_observation_space = self.graph_spec.space()
        self.single_action_space = gym.spaces.Discrete(self.graph_spec.num_actions)
        self.options: dict[str, Any] | None = None
        self.seed = np.zeros(num_envs, np.int64)
        self.episode = np.zeros(num_envs, np.int64)
        self.step_index = np.zeros(num_envs, np.int64)
        self.actions = np.zeros((num_envs, decisions), np.int64)
        self.right = np.zeros((num_envs, decisions), np.int64)

    def reset(
        self,
        *,
        seed: int | list[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Arrays, dict[str, Any]]:
        """Start an episode in every row."""
        self.options = options
        if isinstance(seed, int):
            seed = [seed + i for i in range(self.num_envs)]
        if seed is not None:
            self.seed = np.array(seed)
        for b in range(self.num_envs):
            self._restart(b)
        return self.observe(), {}

    def step(self, actions: npt.ArrayLike) -> StepReturn:
        """Score the choices; rows that are over stay as they are without autoreset."""
        actions = np.asarray(actions)
        rewards = np.zeros(self.num_envs)
        done = self.step_index >= self.decisions
        for b in np.flatnonzero(~done):
            rewards[b] = float(actions[b] == self._solution(b))
            self.actions[b, self.step_index[b]] = actions[b]
            self.right[b, self.step_index[b]] = rewards[b]
            self.step_index[b] += 1
        done = self.step_index >= self.decisions
        infos: dict[str, Any] = {}
        obs = self.observe()
        if done.any() and self.metadata["autoreset_mode"] == AutoresetMode.SAME_STEP:
            final = np.full(self.num_envs, None, object)
            for b in np.flatnonzero(done):
                final[b] = {key: value[b].copy() for key, value in obs.items()}
            details = {"objective": self.objectives(), "_objective": done}
            infos = {"final_obs": final, "_final_obs": done, "final_info": details}
            for b in np.flatnonzero(done):
                self._restart(b)
            obs = self.observe()
        return obs, rewards, done, np.zeros(self.num_envs, bool), infos

    def observe(self) -> Arrays:
        """Observations of all rows; the padding holds garbage on purpose."""
        obs = self.graph_spec.allocate(self.num_envs)
        for key, array in obs.items():
            if key.startswith(("x/", "edge_attr/")):
                array.fill(9.0)
        for b in range(self.num_envs):
            self._fill({key: array[b] for key, array in obs.items()}, b)
        return obs

    def snapshot(self) -> dict[str, Any]:
        """Copy of the state."""
        return {name: getattr(self, name).copy() for name in STATE}

    def restore(
        self, snapshot: dict[str, Any], rows: Column | None = None, sources: Column | None = None
    ) -> None:
        """Row ``rows[i]`` becomes row ``sources[i]`` of the snapshot."""
        everything = np.arange(self.num_envs)
        rows = everything if rows is None else rows
        for name in STATE:
            getattr(self, name)[rows] = snapshot[name][everything if sources is None else sources]

    def state_dict(self) -> dict[str, Any]:
        """Complete state."""
        return self.snapshot()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the complete state."""
        self.restore(state)

    def schedule(self, b: int) -> Schedule:
        """One time unit a decision; the mode is the action."""
        done = np.arange(self.decisions) < self.step_index[b]
        start = np.where(done, np.arange(self.decisions), -1)
        mode = np.where(done, self.actions[b], -1)
        return Schedule(start, np.where(done, start + 1, -1), mode)

    def objectives(self) -> npt.NDArray[np.float64]:
        """Wrong decisions so far."""
        done = np.arange(self.decisions) < self.step_index[:, None]
        return (done * (1 - self.right)).sum(1).astype(float)

    def _restart(self, b: int) -> None:
        self.episode[b] += 1
        self.step_index[b] = 0

    def _draw(self, b: int) -> tuple[int, Column, Column, bool]:
        """Size, values, legality and the order to wait at this decision."""
        rng = np.random.default_rng([self.seed[b], self.episode[b], self.step_index[b]])
        n = int(rng.integers(self.smallest, self.capacity + 1))
        legal = rng.random(n) < 0.6
        legal[rng.integers(n)] = True
        return n, rng.random(n), legal, self.wait and rng.random() < 0.3

    def _solution(self, b: int) -> int:
        _, values, legal, told = self._draw(b)
        if told:
            return self.graph_spec.num_actions - 1
        return int(np.argmax(np.where(legal, values, -1.0)))

    def _fill(self, row: Arrays, b: int) -> None:
        """Write one observation."""
        n, values, legal, told = self._draw(b)
        row["candidates"][:] = -1
        row["globals"][:] = told, self.step_index[b] / self.decisions
        row["n/option"][0] = n
        if self.step_index[b] < self.decisions:
            row["action_mask"][:n] = legal
            if self.wait:
                row["action_mask"][-1] = 1
        # Rows are compacted in reverse, so that an action is not its own row.
        order = np.arange(n)[::-1]
        row["candidates"][:n, 0] = order
        row["x/option"][order, 0] = legal
        row["x/option"][:n, -1] = 0.5
        if "x/activity" not in row:
            row["x/option"][order, 1] = values
            return
        row["candidates"][:n, 1] = np.arange(n)
        row["n/activity"][0], row["n/resource"][0] = n, 3
        row["x/activity"][:n, 0] = values
        row["x/resource"][:, 0] = 1.0
        row["e/activity-precedes-activity"][0] = n - 1
        row["edge/activity-precedes-activity"][:, : n - 1] = np.arange(n - 1) + np.array([[0], [1]])
        row["edge_attr/activity-precedes-activity"][: n - 1] = 0.0
        row["e/activity-uses-resource"][0] = n
        row["edge/activity-uses-resource"][:, :n] = np.arange(n), np.arange(n) % 3
        row["edge_attr/activity-uses-resource"][:n] = 1.0


class ToyEnv(gym.Env[Arrays, Any]):
    """One toy behind the ordinary interface."""

    def __init__(self, **kwargs: Any) -> None:
        """Wrap a batch of one."""
        self.batch = ToyVectorEnv(1, autoreset="disabled", **kwargs)
        self.graph_spec = self.batch.graph_spec
        self.observation_space = self.batch.single_observation_space
        self.action_space = self.batch.single_action_space
        self.last: Arrays = {}

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Arrays, dict[str, Any]]:
        """Start an episode."""
        super().reset(seed=seed)
        self.last, info = self.batch.reset(seed=[int(self.np_random.integers(2**31))])
        return {key: value[0] for key, value in self.last.items()}, info

    def step(self, action: int) -> tuple[Arrays, float, bool, bool, dict[str, Any]]:
        """Make one decision."""
        self.last, rewards, done, _, _ = self.batch.step([int(action)])
        obs = {key: value[0] for key, value in self.last.items()}
        return obs, float(rewards[0]), bool(done[0]), False, {}

    def action_masks(self) -> npt.NDArray[np.bool_]:
        """Legal actions."""
        return self.last["action_mask"][0].astype(bool)
