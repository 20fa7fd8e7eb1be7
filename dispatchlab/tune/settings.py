"""TuneSettings: everything that decides a study."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.config import TrainConfig
from dispatchlab.tune.space import SearchSpace, read_space

SAMPLERS = ("tpe", "random")
PRUNERS = ("median", "hyperband", "none")
_LIMITS = {
    "trials": 1_000_000,
    "round_size": 1024,
    "evaluations": 10_000,
    "startup_trials": 100_000,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TuneSettings:
    """Everything that decides a study: equal settings lead to equal trials.

    Attributes:
        base: Settings of the runs, with the seed of all of them and of the search.
        space: What is searched.
        trials: How many there are to be; a longer study begins with the same ones.
        round_size: Trials that are chosen together, before any of them has a score.
        evaluations: Validations of each run, after each of which it may be pruned.
        sampler: Who chooses: ``"tpe"`` or ``"random"``.
        pruner: Who ends trials early: ``"median"``, ``"hyperband"`` or ``"none"``.
        startup_trials: Trials at the beginning that are drawn at random and not pruned by the
            median.
    """

    base: TrainConfig
    space: SearchSpace
    trials: int = 32
    round_size: int = 1
    evaluations: int = 8
    sampler: str = "tpe"
    pruner: str = "median"
    startup_trials: int = 8

    def __post_init__(self) -> None:
        """Check every value."""
        for name, most in _LIMITS.items():
            value = getattr(self, name)
            if type(value) is not int or not 1 <= value <= most:
                raise DispatchlabError(
                    f"{name} is {value!r}: give a whole number between 1 and {most}."
                )
        for name, allowed in (("sampler", SAMPLERS), ("pruner", PRUNERS)):
            if getattr(self, name) not in allowed:
                raise DispatchlabError(
                    f"{name} is {getattr(self, name)!r}: choose one of {', '.join(allowed)}."
                )
        if not self.space.parts:
            raise DispatchlabError("The search space is empty: name a range or choices.")
        if not self.base.eval_instances:
            raise DispatchlabError(
                "eval_instances is 0, but trials are compared on validation instances: "
                "use --set eval_instances=20, for example."
            )
        if self.base.engine != "local":
            raise DispatchlabError(
                f"engine is {self.base.engine!r}, but trials run on one CPU each: leave it out, "
                "and use tune --engine ray."
            )

    def trial_config(self) -> TrainConfig:
        """Settings of every trial; what does not change the weights is as cheap as possible.

        Scores come from the generated validation instances alone, so benchmarks are left out.
        """
        every = max(1, self.base.total_timesteps // self.evaluations)
        cheap: dict[str, Any] = {
            "eval_every": every,
            "eval_benchmarks": (),
            "max_minutes": 0.0,
            "checkpoint_every": min(self.base.checkpoint_every, every),
        }
        if self.base.family == "job-shop":
            cheap["eval_samples"] = 1
        return self.base.updated({**self.space.fixed, **cheap})

    def best_config(self, params: Mapping[str, Any]) -> TrainConfig:
        """A training config that repeats a trial bit for bit.

        Args:
            params: What was searched; nothing for the base settings.

        Returns:
            The base with these values, and with its own validation sets and intervals; without a
            time limit, since no trial had one.
        """
        return self.base.updated({**self.space.fixed, **params, "max_minutes": 0.0})

    def to_dict(self) -> dict[str, Any]:
        """Plain values that YAML can hold."""
        return {
            "trials": self.trials,
            "round_size": self.round_size,
            "evaluations": self.evaluations,
            "sampler": self.sampler,
            "pruner": self.pruner,
            "startup_trials": self.startup_trials,
            "space": self.space.to_dict(),
            "base": self.base.to_dict(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "TuneSettings":
        """Settings as `to_dict` gives them.

        Args:
            data: The values.

        Returns:
            The settings.

        Raises:
            DispatchlabError: A value does not fit.
        """
        base = TrainConfig().updated(data["base"])
        rest = {key: data[key] for key in data if key not in ("base", "space")}
        return cls(base=base, space=read_space(data["space"], base), **rest)
