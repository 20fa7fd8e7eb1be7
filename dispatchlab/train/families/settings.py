"""What a training config may say in each problem family."""

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dispatchlab.baselines.uam.settings import RULES as UAM_RULES
from dispatchlab.envs.core.errors import DispatchlabError

if TYPE_CHECKING:
    from dispatchlab.train.config import TrainConfig


@dataclass(frozen=True, slots=True)
class FamilySettings:
    """The settings of a family.

    Attributes:
        module: Module of this package that holds its behaviour as ``FAMILY``.
        defaults: Values of the settings that every family has, but with values of its own.
        choices: Values allowed for settings that are words.
        encoders: Networks that go with each observation.
        own: Settings that not every family has; those of other families must be left alone.
        try_it: Command that uses a finished run, with ``{run}`` for its folder.
        higher_is_better: Whether validation scores are utilities or profits, not costs.
        check: Refuses values that clash; called with the config.
    """

    module: str
    defaults: Mapping[str, str]
    choices: Mapping[str, tuple[str, ...]]
    encoders: Mapping[str, tuple[str, ...]]
    own: tuple[str, ...]
    try_it: str
    higher_is_better: bool = False
    check: Callable[["TrainConfig"], None] = lambda _: None

    def check_encoder(self, observation: str, encoder: str) -> None:
        """Refuse a network that cannot read the observation.

        Args:
            observation: Name of the observation.
            encoder: Name of the network.

        Raises:
            DispatchlabError: If they do not go together.
        """
        if encoder not in self.encoders[observation]:
            pairs = (f"{' or '.join(nets)} with {seen}" for seen, nets in self.encoders.items())
            raise DispatchlabError(
                f"The encoder {encoder!r} does not go with the observation {observation!r}: use "
                f"{', '.join(pairs)}."
            )


def _check_job_shop(config: "TrainConfig") -> None:
    """Whom it imitates; rules are compiled code, which is loaded only for that."""
    if config.imitation_rule in ("cp-sat", "lookahead"):
        return
    from dispatchlab.baselines.dispatchers import RULES

    if config.imitation_rule not in RULES:
        raise DispatchlabError(
            f"imitation_rule is {config.imitation_rule!r}: choose one of cp-sat, lookahead, "
            f"{', '.join(RULES)}."
        )


def _check_soc(config: "TrainConfig") -> None:
    """What only clashes with each other on chips."""
    if config.actions == "ordering" and config.wait:
        raise DispatchlabError("wait is True, but actions is 'ordering': use actions=task-pe.")
    if (config.encoder == "deepsocs") != (config.actions == "ordering"):
        raise DispatchlabError(
            f"The encoder {config.encoder!r} does not go with actions={config.actions!r}: use "
            "deepsocs with ordering, and the others with task-pe."
        )


PLANS = "rolling"  # whom to imitate: plans over a rolling horizon
_IMITATION = (
    "imitation_rounds", "imitation_steps", "imitation_updates", "imitation_batch_size",
    "imitation_buffer", "imitation_learning_rate", "imitation_temperature",
    "imitation_beta_rounds", "imitation_vf_coef", "imitation_rule", "critic_warm_up",
)  # fmt: skip
_SELF_LABELLING = (
    "self_labelling_rounds", "self_labelling_instances", "self_labelling_samples",
    "self_labelling_temperature", "self_labelling_passes", "self_labelling_batch_size",
    "self_labelling_learning_rate", "self_labelling_vf_coef", "critic_warm_up",
)  # fmt: skip
SETTINGS: dict[str, FamilySettings] = {
    "job-shop": FamilySettings(
        module="jobshop",
        defaults={
            "generator": "random:num_jobs=8-10,num_machines=6-10",
            "observation": "tokens",
            "reward": "regret",
            "encoder": "transformer",
            "imitation_rule": "lookahead",
            "eval_generator": "random:num_jobs=15,num_machines=15",
        },
        choices={
            "semantics": ("append", "non-delay", "active", "non-delay-wait"),
            "stop_at": ("choices", "every"),
            "observation": ("tokens", "rehearsed", "graph"),
            "encoder": ("transformer", "gatv2", "gin"),
            "reward": ("regret", "bound", "completed", "sparse"),
        },
        encoders={
            "tokens": ("transformer",),
            "rehearsed": ("transformer",),
            "graph": ("gatv2", "gin"),
        },
        own=("semantics", "stop_at", "eval_samples", *_IMITATION, *_SELF_LABELLING),
        try_it="dispatchlab solve ta01 --method agent --policy {run}",
        check=_check_job_shop,
    ),
    "soc": FamilySettings(
        module="soc",
        defaults={
            "generator": "preset:top-1+top-mix,mean_gap_us=20-250,max_jobs=3-5,noise_std=0-0.5",
            "observation": "graph",
            "reward": "job-time-per-job",
            "encoder": "arcs",
            "imitation_rule": "etf",
            "eval_generator": "top-mix",
        },
        choices={
            "actions": ("task-pe", "ordering"),
            "observation": ("graph", "rehearsed", "rehearsed-etf"),
            "encoder": ("arcs", "deepsocs", "gatv2", "gin"),
            "reward": ("job-time", "job-time-per-job"),
        },
        encoders=dict.fromkeys(
            ("graph", "rehearsed", "rehearsed-etf"), ("arcs", "deepsocs", "gatv2", "gin")
        ),
        own=(
            "actions", "wait", "max_ready", *_IMITATION,
        ),
        try_it="dispatchlab evaluate soc --methods etf,met,agent={run}",
        check=_check_soc,
    ),
    "edge": FamilySettings(
        module="edge",
        defaults={
            "generator": "random:instances=2d-a+3d-a+4d-a+2d-p+4d-p,duration_ms=30000-60000",
            "observation": "graph",
            "reward": "utility",
            "encoder": "arcs",
            "imitation_rule": "marginal",
            "eval_generator": "4d-a:network=trapezium",
        },
        choices={
            "observation": ("graph",),
            "encoder": ("arcs", "gatv2", "gin"),
            "reward": ("utility", "qos"),
        },
        encoders={"graph": ("arcs", "gatv2", "gin")},
        own=("migrate", *_IMITATION),
        try_it="dispatchlab evaluate edge --methods marginal,dem-q,dem,agent={run}",
        higher_is_better=True,
    ),
    "uam": FamilySettings(
        module="uam",
        defaults={
            "generator": "random-8x40:rho=0.6-2.5",
            "observation": "graph",
            "reward": "profit",
            "encoder": "arcs",
            "imitation_rule": "lookahead",
            "eval_generator": "random-8x40:rho=1.2",
        },
        choices={
            "stop_at": ("choices", "every"),
            "observation": ("graph", "priced"),
            "imitation_rule": (PLANS, *UAM_RULES),
            "encoder": ("arcs", "captain", "gatv2", "gin"),
            "reward": ("profit",),
        },
        encoders=dict.fromkeys(("graph", "priced"), ("arcs", "captain", "gatv2", "gin")),
        own=("stop_at", *_IMITATION),
        try_it="dispatchlab evaluate uam --methods lookahead,price,agent={run}",
        higher_is_better=True,
    ),
}  # fmt: skip


def foreign_settings(family: str) -> list[str]:
    """Settings that only other families have.

    Args:
        family: A key of `SETTINGS`.

    Returns:
        Their names.
    """
    theirs = dict.fromkeys(name for settings in SETTINGS.values() for name in settings.own)
    return [name for name in theirs if name not in SETTINGS[family].own]


def unknown_setting(name: str, family: str, known: Iterable[str]) -> DispatchlabError:
    """What to raise for a name that is no setting.

    Args:
        name: The name.
        family: A key of `SETTINGS`.
        known: Settings that could be meant.

    Returns:
        An error that names the one that resembles it most, and says where all of them are listed.
    """
    similar = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    listed = f"`dispatchlab train {family} --settings` lists all"
    hint = f"did you mean {similar[0]} ({listed})" if similar else listed
    return DispatchlabError(f"There is no training setting {name!r}: {hint}.")
