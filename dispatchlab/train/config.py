"""TrainConfig: everything that decides a training run."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.discount_settings import parse_discount
from dispatchlab.train.distributed.settings import ENGINES, check_engine
from dispatchlab.train.families.settings import SETTINGS, foreign_settings, unknown_setting
from dispatchlab.train.levels.wide import WIDE
from dispatchlab.train.schedules import Searched, parse_schedule
from dispatchlab.train.values import parse_value

ALGORITHMS = ("ppo", "maskable-ppo")
CHOICES = {
    "family": tuple(SETTINGS),
    "algo": ALGORITHMS,
    "engine": ENGINES,
    "track": ("none", "wandb", "mlflow"),
}
# Smallest and largest value allowed.
RANGES: dict[str, tuple[float, float]] = {
    "hidden": (1, 4096),
    "num_layers": (1, 64),
    "num_heads": (1, 256),
    "feedforward": (1, 65_536),
    "num_envs": (1, 65_536),
    "n_steps": (1, 65_536),
    "batch_size": (2, 1 << 24),
    "n_epochs": (1, 1000),
    "learning_rate": (0, 1),
    "gamma": (0, 1),
    "gae_lambda": (0, 1),
    "ent_coef": (0, 10),
    "vf_coef": (0, 1000),
    "clip_range": (0, 10),
    "max_grad_norm": (0, 1e9),
    "target_kl": (0, 1e9),
    "total_timesteps": (0, 10**15),
    "max_minutes": (0, 1e9),
    "seed": (0, 2**32 - 1),
    "threads": (0, 1024),
    "eval_every": (0, 10**15),
    "eval_instances": (0, 100_000),
    "eval_samples": (1, 100_000),
    "checkpoint_every": (1, 10**15),
    "max_ready": (0, 100_000),
    "imitation_rounds": (0, 100_000),
    "imitation_steps": (1, 100_000),
    "imitation_updates": (1, 1_000_000),
    "imitation_batch_size": (1, 1 << 24),
    "imitation_buffer": (1, 10**8),
    "imitation_learning_rate": (0, 1),
    "imitation_temperature": (0, 1e9),
    "imitation_beta_rounds": (1, 100_000),
    "imitation_vf_coef": (0, 1000),
    "self_labelling_rounds": (0, 10**9),
    "self_labelling_instances": (1, 65_536),
    "self_labelling_samples": (2, 65_536),
    "self_labelling_temperature": (1e-3, 1e3),
    "self_labelling_passes": (1, 1000),
    "self_labelling_batch_size": (1, 1 << 24),
    "self_labelling_learning_rate": (0, 1),
    "self_labelling_vf_coef": (0, 1000),
    "critic_warm_up": (0, 10**9),
    "rollout_workers": (0, 65_536),
}
# What may differ between a run and its continuation, because the weights do not depend on it.
FREE_ON_RESUME = frozenset(
    {"max_minutes", "checkpoint_every", "ray_address", "track", "track_project"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    """Everything that decides a training run; the docstring of a field is its help text.

    Settings that are empty get the family's own default.
    """

    family: str = "job-shop"
    """Problem family: job-shop, soc, edge or uam."""
    generator: str = ""
    """Where training instances come from, as the environments' argument of that name, or wide: the
    family's widest task space, from trivial to unlearnable."""
    semantics: str = "non-delay"
    """What the agent may dispatch: append, non-delay, active or non-delay-wait."""
    stop_at: str = "choices"
    """When the agent is asked: choices (where it matters) or every (at each dispatch, or whenever
    an aircraft is ready)."""
    actions: str = "task-pe"
    """What an action on a chip is: task-pe (a ready task and its element) or ordering (the next
    ready task, which goes where it is expected to end first)."""
    migrate: bool = True
    """Whether the agent of an edge may send or drop tasks that wait already."""
    wait: bool = False
    """Whether the agent may map nothing until the next event."""
    max_ready: int = 24
    """Ready tasks that are shown at once, those that have waited longest; 0: all."""
    observation: str = ""
    """What the agent sees. Job shops: tokens (open options), rehearsed (tokens with rehearsals
    of every action by two rules) or graph (all activities and resources); chips: graph, or with the
    rehearsal of every option rehearsed (of several rules) or rehearsed-etf; air taxis: graph, or
    priced (with the prices of the rule price)."""
    reward: str = ""
    """Reward. Job shops: regret (bound above the initial bound), bound, completed or sparse;
    chips: job-time-per-job (jobs in the system, less a bonus per completed job) or job-time;
    edges: utility; air taxis: profit."""
    encoder: str = ""
    """Network: transformer (for tokens), gatv2 or gin (for graphs), arcs for chips, edges and air
    taxis; deepsocs for chips with actions=ordering, captain for air taxis."""
    hidden: int = 64
    """Width of the embeddings."""
    num_layers: int = 2
    """Attention blocks or rounds of message passing."""
    num_heads: int = 4
    """Attention heads; divides hidden."""
    feedforward: int = 128
    """Width inside the feed-forward blocks."""
    imitation_rounds: int = 0
    """Rounds in which the agent imitates an expert before it learns from rewards; 0: none."""
    imitation_steps: int = 64
    """Decisions per environment in a round of imitation."""
    imitation_updates: int = 100
    """Gradient steps in a round of imitation."""
    imitation_batch_size: int = 256
    """Decisions in a gradient step of imitation."""
    imitation_buffer: int = 60_000
    """Decisions that imitation keeps; the oldest make room."""
    imitation_learning_rate: float = 1e-3
    """Learning rate of imitation at the start; it falls linearly to zero."""
    imitation_temperature: float = 2.0
    """Cost (chips: job µs; air taxis with plans: $) by which an action must be worse to be imitated
    e times less; 0: only the best."""
    imitation_beta_rounds: int = 5
    """Rounds over which the decisions played pass from the expert to the agent."""
    imitation_vf_coef: float = 0.0
    """Weight of the value loss in imitation, which warms up the critic; 0: none."""
    self_labelling_rounds: int = 0
    """Rounds in which the agent samples schedules and imitates the best ones, before it learns from
    rewards; 0: none."""
    self_labelling_instances: int = 8
    """New instances in a round of self-labelling."""
    self_labelling_samples: int = 32
    """Schedules sampled of each of them."""
    self_labelling_temperature: float = 1.0
    """Divides the logits of these samples: above 1 they differ more from one another."""
    self_labelling_passes: int = 2
    """Times that the decisions of the best schedules are learned from."""
    self_labelling_batch_size: int = 128
    """Decisions in a gradient step of self-labelling."""
    self_labelling_learning_rate: float = 1e-3
    """Learning rate of self-labelling at the start; it falls linearly to zero."""
    self_labelling_vf_coef: float = 0.1
    """Weight of the value loss in self-labelling, which warms up the critic; 0: none."""
    critic_warm_up: int = 0
    """Updates at the start of PPO that train the value head alone, so that a policy that has
    imitated is not led astray by a critic that knows nothing yet."""
    imitation_rule: str = ""
    """Whom to imitate. Job shops: lookahead, a rule, or cp-sat (its plan for each shop); chips:
    lookahead that rehearses every action with this rule, or with the best of several joined by +;
    edges: the rule itself; air taxis: rolling (plans over a rolling horizon) or a rule."""
    teacher: str = ""
    """Who chooses the tasks from the ranges of the generator: nobody (each is drawn uniformly), or
    a teacher with its settings, as alp-gmm or regret-plr:capacity=128; see dispatchlab train
    --list-teachers."""
    algo: str = "ppo"
    """Learning algorithm: ppo or maskable-ppo."""
    num_envs: int = 64
    """Environments played in parallel."""
    n_steps: int = 32
    """Decisions per environment between two updates."""
    batch_size: int = 256
    """Decisions per gradient step."""
    n_epochs: int = 2
    """Passes over the decisions of an update."""
    learning_rate: float = 1e-3
    """Learning rate of Adam at the start, or the largest where the schedule begins lower."""
    schedule: str = "linear"
    """Learning rate over the run: linear (falls to zero), constant, or another with its options, as
    rex:beta=0.9 or wsd:warm_up=0.05,decay=0.2,shape=1-sqrt; see dispatchlab train
    --list-schedules."""
    gamma: float = 1.0
    """Discount; 1 keeps the return equal to the objective."""
    discount: str = ""
    """Discount of PPO over the run: gamma throughout (empty), or ads (automatic discount
    scheduling), which grows, but not beyond gamma, with the part of the decisions of imitation_rule
    that the agent makes as well; with options as
    ads:alpha=0.2,start=0.2,most=5,share=0.9,every=8192,problems=8."""
    gae_lambda: float = 1.0
    """Weight of long returns in the advantage estimate."""
    ent_coef: float = 0.0
    """Weight of the entropy bonus."""
    vf_coef: float = 0.5
    """Weight of the value loss."""
    clip_range: float = 0.2
    """Clipping of the probability ratio."""
    max_grad_norm: float = 0.5
    """Clipping of the gradient norm."""
    target_kl: float = 0.0
    """Ends an update early beyond 1.5 times this divergence; 0: never."""
    total_timesteps: int = 1_000_000
    """Decisions to train on; the last update may exceed it. 0: no more than what comes first."""
    max_minutes: float = 0.0
    """Stops after so many minutes, to be continued with --resume; 0: no limit."""
    seed: int = 0
    """Seed of weights, instances and sampling."""
    device: str = "cpu"
    """Where the network runs: cpu, cuda, cuda:1 and so on, or auto."""
    threads: int = 1
    """Threads of torch; 0: as it is. Small networks gain little from more, and lose much on busy
    cores. Weights repeat bit for bit only with the same number."""
    engine: str = "local"
    """Who plays the environments: local (the process that learns) or ray (rollout workers, each on
    a CPU of its own)."""
    rollout_workers: int = 0
    """Rollout workers of engine=ray, which share num_envs as evenly as possible. Weights repeat bit
    for bit only with the same number."""
    ray_address: str = ""
    """Running Ray cluster that this machine is a node of, as auto or host:6379; empty: one is
    started on this machine."""
    eval_every: int = 50_000
    """Decisions between two evaluations, also in self-labelling; 0: only before and after."""
    eval_generator: str = ""
    """Where validation instances come from, or wide; they are drawn with seeds that training never
    uses."""
    eval_instances: int = 40
    """Number of validation instances, on chips of episodes in each set; 0: none."""
    eval_benchmarks: tuple[str, ...] = ()
    """Benchmark instances to watch as well, separated by commas; on chips each is a set, and they
    stand in for eval_generator."""
    eval_samples: int = 32
    """Schedules sampled per instance in the last evaluation, of which the best counts."""
    checkpoint_every: int = 20_000
    """Decisions between two checkpoints, also in self-labelling."""
    tensorboard: bool = True
    """Write TensorBoard events."""
    track: str = "none"
    """Where else the numbers go: none, wandb (Weights & Biases) or mlflow, through their own
    libraries and as their environment variables say."""
    track_project: str = "dispatchlab"
    """Project at Weights & Biases, or experiment of MLflow."""

    def __post_init__(self) -> None:
        """Fill in the family's defaults, and check every value and the combinations."""
        _check_choice("family", self.family, CHOICES["family"])
        for name in ("generator", "eval_generator"):
            if getattr(self, name) == "wide":
                object.__setattr__(self, name, WIDE[self.family])
        for name, default in SETTINGS[self.family].defaults.items():
            object.__setattr__(self, name, getattr(self, name) or default)
        for name, allowed in (CHOICES | dict(SETTINGS[self.family].choices)).items():
            _check_choice(name, getattr(self, name), allowed)
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise DispatchlabError(
                    f"{name} is {value}: give a number between {low:g} and {high:g}."
                )
        if not re.fullmatch(r"cpu|auto|cuda(:\d+)?", self.device):
            raise DispatchlabError(f"device is {self.device!r}: give cpu, cuda, cuda:1 or auto.")
        self._check_schedule()
        if self.discount:
            parse_discount(self.discount)
        if self.teacher:
            self._check_teacher()
        self._check_combinations()

    def _check_schedule(self) -> None:
        """Refuse schedules that do not exist, and searches that cannot be taken back."""
        if not isinstance(parse_schedule(self.schedule), Searched):
            return
        for name, other, value in (("teacher", self.teacher, ""), ("engine", self.engine, "local")):
            if other != value:
                raise DispatchlabError(
                    f"{name} is {other!r}, but the schedule {self.schedule!r} takes training back, "
                    f"which only works with {name}={value or '(nobody)'}: leave out one of the two."
                )

    def _check_teacher(self) -> None:
        """Refuse teachers that do not exist, and the algorithm that cannot be taught."""
        from dispatchlab.train.teachers.registry import check_teacher

        check_teacher(self.teacher)
        if self.algo != "ppo":
            raise DispatchlabError(
                f"algo is {self.algo!r}, but the teacher {self.teacher!r} needs algo=ppo: only "
                "that leaves out what is merely judged."
            )

    def _check_combinations(self) -> None:
        """Refuse values that only clash with each other."""
        if self.hidden % self.num_heads:
            raise DispatchlabError(
                f"hidden is {self.hidden} and num_heads {self.num_heads}: let the heads divide it."
            )
        family = SETTINGS[self.family]
        family.check_encoder(self.observation, self.encoder)
        family.check(self)
        unset = {field.name: field.default for field in fields(self)}
        for name in foreign_settings(self.family):
            if getattr(self, name) != unset[name]:
                raise DispatchlabError(
                    f"{name} is {getattr(self, name)!r}, but the family {self.family!r} has no "
                    "such setting: leave it out."
                )
        rollout = self.num_envs * self.n_steps
        if rollout % self.batch_size:
            raise DispatchlabError(
                f"batch_size is {self.batch_size}: let it divide num_envs * n_steps = {rollout}."
            )
        check_engine(self)

    def override(self, pairs: Iterable[str]) -> "TrainConfig":
        """A copy with some values replaced.

        Args:
            pairs: Texts ``key=value``.

        Returns:
            The new config.

        Raises:
            DispatchlabError: A text has no ``=``, a key is unknown or a value does not fit.
        """
        changes: dict[str, Any] = {}
        for pair in pairs:
            key, equals, text = pair.partition("=")
            if not equals:
                raise DispatchlabError(f"The setting {pair!r} has no '=': write key=value.")
            changes[key.strip()] = text
        return self.updated(changes)

    def updated(self, changes: Mapping[str, Any]) -> "TrainConfig":
        """A copy with some values replaced by texts or values of the right type."""
        known = {field.name: getattr(self, field.name) for field in fields(self)}
        for key in changes:
            if key not in known:
                raise unknown_setting(key, self.family, self.to_dict())
        values = {key: parse_value(key, value, known[key]) for key, value in changes.items()}
        if values.get("family", self.family) != self.family:
            values = dict.fromkeys(SETTINGS[self.family].defaults, "") | values
        return replace(self, **values)

    def to_dict(self) -> dict[str, Any]:
        """The family's settings, as plain values that YAML and JSON can hold."""
        foreign = foreign_settings(self.family)
        values = {key: value for key, value in asdict(self).items() if key not in foreign}
        return values | {"eval_benchmarks": list(self.eval_benchmarks)}


def _check_choice(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise DispatchlabError(f"{name} is {value!r}: choose one of {', '.join(allowed)}.")
