"""UamParallelEnv: the same days with one agent per aircraft, for PettingZoo."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from dispatchlab.envs.core.errors import DispatchlabError, MissingExtraError
from dispatchlab.envs.core.graph_spec import Arrays
from dispatchlab.envs.uam.dynamics.layout import NOW, POINTED, PORT, READY, STATUS
from dispatchlab.envs.uam.env import make_episodes

try:
    from pettingzoo import ParallelEnv
except ImportError as error:  # pragma: no cover
    raise MissingExtraError("pettingzoo", "multiagent") from error

Observations = dict[str, Arrays]
Infos = dict[str, dict[str, Any]]


class UamParallelEnv(ParallelEnv):  # type: ignore[misc] # ships no types
    """Every aircraft is an agent; a step is a moment at which some of them are ready.

    At a step all agents give an action; those whose aircraft is not ready can only stay, and what
    they give is not played. Ready aircraft play in the order of vertiports and aircraft, as in
    `UamEnv` with ``stop_at="every"``: whoever finds its destination taken by another stays, and
    ``info["illegal_action"]`` says so. The reward of an agent is the profit of its own leg in
    dollars, so that all rewards together are the profit of the day.

    Args:
        render_mode: None.
        **kwargs: ``instance``, ``generator`` and ``observation`` of `UamEnv`.
    """

    metadata: dict[str, Any] = {"name": "dispatchlab/UAM-v0", "render_modes": []}  # noqa: RUF012 (pettingzoo's own shape)

    def __init__(self, *, render_mode: str | None = None, **kwargs: Any) -> None:
        """Build a batch of one; see the class for the arguments."""
        if render_mode is not None:
            raise DispatchlabError(
                f"render_mode is {render_mode!r}, but the parallel view draws nothing; leave it "
                "out and use UamEnv to look at days."
            )
        self.render_mode = render_mode
        self.episodes = make_episodes(1, stop_at="every", **kwargs)
        self._dynamics: Any = self.episodes.dynamics
        count = self._dynamics.limits.aircraft
        self.possible_agents = [f"aircraft_{k}" for k in range(count)]
        self._number = {agent: k for k, agent in enumerate(self.possible_agents)}
        self.agents: list[str] = []
        space = self.episodes.spec.space()
        self.observation_spaces = dict.fromkeys(self.possible_agents, space)
        actions = self.episodes.spec.num_actions
        self.action_spaces = {agent: spaces.Discrete(actions) for agent in self.possible_agents}

    def observation_space(self, agent: str) -> Any:  # noqa: ANN401 (a gymnasium space)
        """What an agent sees: the graph observation with its own aircraft asked."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Any:  # noqa: ANN401 (a gymnasium space)
        """The actions of `UamEnv`."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[Observations, Infos]:
        """Start a new day.

        Args:
            seed: Seeds the generator of days.
            options: ``"problem"``: ``(instance, realisation)`` to play instead of drawing.
        """
        if seed is not None or not self.episodes.has_begun:
            self.episodes.rngs[0] = np.random.default_rng(seed)
        self.episodes.begin(np.arange(1), None, (options or {}).get("problem"))
        self.agents = self.possible_agents[: self._dynamics.encoding(0).num_aircraft]
        return self._observe(), {agent: {"illegal_action": False} for agent in self.agents}

    def step(
        self, actions: Mapping[str, int]
    ) -> tuple[Observations, dict[str, float], dict[str, bool], dict[str, bool], Infos]:
        """Play the actions of all aircraft that are ready now, and go on to the next moment.

        Args:
            actions: An action for each agent; who has none stays.

        Raises:
            DispatchlabError: There is no day, no such agent, or an action is no whole number.
        """
        if not self.agents:
            raise DispatchlabError("step() was used before reset() or after the day; call reset().")
        for agent, action in actions.items():
            if agent not in self.agents:
                raise DispatchlabError(f"There is no agent {agent!r}; give some of env.agents.")
            if not np.issubdtype(np.asarray(action).dtype, np.integer) or np.ndim(action):
                raise DispatchlabError(
                    f"The action of {agent} is {action!r}; give a whole number of its action space."
                )
        rewards = dict.fromkeys(self.agents, 0.0)
        infos: Infos = {agent: {"illegal_action": False} for agent in self.agents}
        row, moment = self._dynamics.state.row[0], self._dynamics.now(0)
        while not self._dynamics.done()[0] and row[NOW] == moment:
            agent = self.possible_agents[row[POINTED]]
            action = int(actions.get(agent, self._stay(int(row[POINTED]))))
            legal = self._dynamics.legal()[0]
            if not 0 <= action < len(legal) or not legal[action]:
                infos[agent]["illegal_action"] = True
                action = self._stay(int(row[POINTED]))
            earned, _, _ = self.episodes.step(np.array([action]))
            rewards[agent] += float(earned[0])
        over = bool(self._dynamics.done()[0])
        observations = self._observe()
        ended, cut = dict.fromkeys(self.agents, over), dict.fromkeys(self.agents, False)
        if over:
            self.agents = []
        return observations, rewards, ended, cut, infos

    def _stay(self, k: int) -> int:
        """The action by which an aircraft stays where it is or lands."""
        levels: int = self._dynamics.encoding(0).num_levels
        return int(self._dynamics.state.craft[0, k, PORT]) * levels

    def _observe(self) -> Observations:
        """The observation of every agent, as if it were asked."""
        row = self._dynamics.state.row[0]
        asked, over = row[POINTED], bool(self._dynamics.done()[0])
        seen = {}
        for agent in self.agents:
            k = self._number[agent]
            row[POINTED] = k
            seen[agent] = {key: value[0] for key, value in self.episodes.observe().items()}
            if over or self._dynamics.state.craft[0, k, STATUS] != READY:
                seen[agent]["action_mask"] = self._only_stay(k)
        row[POINTED] = asked
        return seen

    def _only_stay(self, k: int) -> npt.NDArray[np.int8]:
        mask = np.zeros(self.episodes.spec.num_actions, np.int8)
        mask[self._stay(k)] = 1
        return mask
