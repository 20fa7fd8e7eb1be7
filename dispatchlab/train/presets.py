"""Presets: named starting points of a training run."""

from typing import Any

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.values import closest

_REHEARSED: dict[str, Any] = {
    "observation": "rehearsed",
    "num_envs": 64,
    "n_steps": 128,
    "batch_size": 512,
    "n_epochs": 3,
    "learning_rate": 3e-4,
    "gae_lambda": 0.95,
    "ent_coef": 0.005,
    "eval_instances": 50,
    "eval_samples": 32,
}
_JOB_SHOP: dict[str, dict[str, Any]] = {
    # About two minutes on an idle core.
    "quick": {"total_timesteps": 120_000, "eval_every": 20_000},
    # A quarter of an hour on an idle core.
    "full": _REHEARSED | {
        "generator": "random:num_jobs=8-18,num_machines=5-15,routing_structure=0-1",
        "semantics": "active",
        "total_timesteps": 524_288,
        "eval_generator": "random:num_jobs=10-20,num_machines=10-20,routing_structure=0-1",
        "eval_every": 131_072,
        "checkpoint_every": 131_072,
    },
    # The same on flexible shops.
    "flexible": _REHEARSED | {
        "generator": "flexible:num_jobs=6-14,num_machines=4-10,num_operations=4-10,"
                     "operations_spread=0-0.3,duration_low=1-10,duration_high=20-99,revisits=0-1,"
                     "flexibility=1.15-3,unrelated_times=0-1",
        "total_timesteps": 262_144,
        "eval_generator": "flexible:num_jobs=10-20,num_machines=5-12,num_operations=5-12,"
                          "revisits=0-1,flexibility=1.15-3,unrelated_times=0-1",
        "eval_every": 65_536,
        "checkpoint_every": 65_536,
    },
    # Jobs that come when nobody expects them, and stay as short as possible. Ten minutes on an idle
    # core.
    "arrivals": {
        "generator": "random:num_jobs=20-40,num_machines=4-8,arrival_load=0.6-0.95,"
                     "objective=total_flow_time",
        "n_steps": 64,
        "batch_size": 512,
        "n_epochs": 3,
        "total_timesteps": 524_288,
        "eval_generator": "random:num_jobs=30,num_machines=5,arrival_load=0.85,"
                          "objective=total_flow_time",
        "eval_every": 65_536,
    },
    # Whatever may happen in a shop, under the best teacher of benchmarks/teacher_study.py. A minute
    # on an idle core.
    "wide": {
        "generator": "wide",
        "teacher": "regret-plr:capacity=128",
        "num_envs": 64,
        "n_steps": 64,
        "batch_size": 512,
        "n_epochs": 3,
        "learning_rate": 1e-3,
        "total_timesteps": 65_536,
        "eval_generator": "wide",
        "eval_instances": 50,
        "eval_every": 16_384,
    },
    # Without rehearsals: fast decisions on shops of any size. Some hours on a few cores.
    "tokens": {
        "generator": "random:num_jobs=10-20,num_machines=5-20,routing_structure=0-0.5",
        "num_envs": 128,
        "n_steps": 128,
        "batch_size": 1024,
        "n_epochs": 3,
        "hidden": 128,
        "num_layers": 3,
        "num_heads": 8,
        "feedforward": 256,
        "learning_rate": 5e-4,
        "total_timesteps": 20_000_000,
        "threads": 0,
        "eval_every": 500_000,
        "eval_instances": 50,
        "eval_samples": 128,
        "checkpoint_every": 200_000,
    },
}  # fmt: skip


_TOP_STREAMS = (
    "preset:top-1+top-mix,mean_gap_us=20-250,max_jobs=3-5,noise_std=0-0.5,horizon_us=3000"
)
_ON_STREAMS: dict[str, Any] = {
    "n_steps": 128,
    "gamma": 0.99,
    "gae_lambda": 0.95,
    "target_kl": 0.03,
}
_TOP_AGENT: dict[str, Any] = _ON_STREAMS | {
    "generator": _TOP_STREAMS,
    "observation": "rehearsed",
    "imitation_rounds": 3,
    "imitation_vf_coef": 0.2,
    "imitation_rule": "etf+etf-sync+peft-rt+heft-rt",
    "batch_size": 512,
    "learning_rate": 2e-4,
    "eval_instances": 10,
}
_SOC: dict[str, dict[str, Any]] = {
    # Some minutes on an idle core: imitation of lookahead does most of it.
    "quick": _TOP_AGENT | {
        "n_steps": 64,
        "total_timesteps": 32_768,
        "eval_every": 0,
        "eval_benchmarks": ("top-1", "top-mix"),
    },
    # A quarter of an hour on an idle core.
    "full": _TOP_AGENT | {
        "total_timesteps": 262_144,
        "eval_every": 131_072,
        "eval_benchmarks": ("top-1", "top-mix", "top-1:noise_std=0.5", "top-mix:mean_gap_us=100"),
        "checkpoint_every": 65_536,
    },
    # The 16-PE chip; rehearsals of a dozen jobs make its decisions dear. A quarter of an hour on an
    # idle core, nearly all of it worth what imitation of lookahead gives.
    "chip16": _ON_STREAMS | {
        "generator": "preset:wifi-tx20+wifi-tx80+soc16-mix,mean_gap_us=60-400,horizon_us=8000,"
                     "warmup_us=0",
        "observation": "rehearsed-etf",
        "num_envs": 32,
        "n_steps": 64,
        "imitation_rounds": 6,
        "imitation_temperature": 8.0,
        "imitation_vf_coef": 0.2,
        "critic_warm_up": 4,
        "batch_size": 256,
        "learning_rate": 1e-4,
        "total_timesteps": 73_728,
        "eval_every": 0,
        "eval_instances": 0,
        "checkpoint_every": 16_384,
    },
    # The DeepSoCS design: an ordering head, which first imitates lookahead over orders.
    "deepsocs": _ON_STREAMS | {
        "generator": _TOP_STREAMS,
        "observation": "graph",
        "encoder": "deepsocs",
        "actions": "ordering",
        "imitation_rounds": 12,
        "imitation_updates": 200,
        "imitation_vf_coef": 0.2,
        "imitation_rule": "etf+etf-sync+peft-rt+heft-rt",
        "critic_warm_up": 2,
        "batch_size": 512,
        "learning_rate": 3e-4,
        "total_timesteps": 262_144,
        "eval_every": 131_072,
        "eval_instances": 10,
        "eval_benchmarks": ("top-1", "top-mix"),
        "checkpoint_every": 65_536,
    },
}  # fmt: skip
_EDGE_AGENT: dict[str, Any] = _ON_STREAMS | {
    "generator": "random:instances=2d-a+3d-a+4d-a+2d-p+3d-p+4d-p,"
    "network=stationary+trapezium+trapezium+4g,duration_ms=30000-90000,"
    "peak_ms=100-600,trapezium_start=0-0.3,trapezium_hold=0.3-0.6,"
    "trapezium_ramp=0.02-0.1",
    "num_layers": 3,
    "imitation_rounds": 12,
    "imitation_steps": 128,
    "imitation_updates": 250,
    "imitation_buffer": 100_000,
    "imitation_temperature": 0.1,
    "imitation_vf_coef": 0.2,
    "imitation_rule": "marginal",
    # What the rule knows is worth keeping: small steps on many decisions.
    "n_steps": 512,
    "n_epochs": 1,
    "batch_size": 8192,
    "learning_rate": 3e-5,
    "target_kl": 0.003,
    "critic_warm_up": 3,
    "eval_every": 0,
    "eval_instances": 2,
}
_EDGE: dict[str, dict[str, Any]] = {
    # Some minutes on an idle core: imitation of a rule does nearly all of it.
    "quick": _EDGE_AGENT | {
        "num_layers": 2,
        "imitation_rounds": 8,
        "imitation_updates": 150,
        "total_timesteps": 65_536,
        "eval_benchmarks": ("4d-a:network=trapezium",),
    },
    # A quarter of an hour on an idle core.
    "full": _EDGE_AGENT | {
        "total_timesteps": 163_840,
        "eval_benchmarks": ("2d-a:network=trapezium", "4d-a:network=trapezium", "2d-p"),
        "checkpoint_every": 32_768,
    },
}  # fmt: skip
_UAM_AGENT: dict[str, Any] = _ON_STREAMS | {
    "generator": "random-8x40:rho=0.4-2.0",
    "observation": "priced",
    "encoder": "captain",
    "num_layers": 1,
    "imitation_steps": 64,
    "imitation_updates": 250,
    "imitation_buffer": 131_072,
    "imitation_beta_rounds": 3,
    "imitation_temperature": 5.0,
    "imitation_vf_coef": 0.2,
    "imitation_rule": "rolling",
    # What the plans know is worth keeping: small steps on many decisions.
    "n_steps": 512,
    "n_epochs": 1,
    "batch_size": 8192,
    "learning_rate": 3e-5,
    "target_kl": 0.003,
    "gamma": 0.995,
    "critic_warm_up": 2,
    "eval_every": 0,
    "eval_instances": 12,
    "eval_benchmarks": ("random-8x40:rho=0.6", "random-8x40:rho=1.2"),
}
_UAM: dict[str, dict[str, Any]] = {
    # Some minutes on an idle core, most of them for the plans that it imitates.
    "quick": _UAM_AGENT | {
        "num_envs": 32,
        "imitation_rounds": 5,
        "imitation_steps": 128,
        "n_steps": 256,
        "total_timesteps": 32_768,
    },
    # A third of an hour on an idle core. Nothing but imitation: PPO after it, with these small
    # steps or with larger ones, has not made it better.
    "full": _UAM_AGENT | {
        "generator": "random:sizes=2x8+3x12+5x20+8x40+8x40,rho=0.4-2.0,area_mi=10-60",
        "imitation_rounds": 10,
        "imitation_updates": 300,
        "imitation_beta_rounds": 4,
        "total_timesteps": 0,
        "eval_instances": 24,
        "eval_benchmarks": (
            "random-2x8:area_mi=15", "random-2x8:rho=2.0", "random-3x12:rho=0.8", "random-5x20",
            "random-8x40:rho=0.6", "random-8x40:rho=1.2",
        ),
        "checkpoint_every": 65_536,
    },
}  # fmt: skip
PRESETS = {"job-shop": _JOB_SHOP, "soc": _SOC, "edge": _EDGE, "uam": _UAM}


def preset(name: str, family: str = "job-shop") -> TrainConfig:
    """The config of a preset.

    Args:
        name: ``"quick"`` or ``"full"``; for ``"job-shop"`` also ``"flexible"``, ``"arrivals"``,
            ``"wide"`` and ``"tokens"``, for ``"soc"`` ``"chip16"`` and ``"deepsocs"``.
        family: ``"job-shop"``, ``"soc"``, ``"edge"`` or ``"uam"``.

    Returns:
        The config.

    Raises:
        DispatchlabError: There is no preset of that name, or no such family.
    """
    if family not in PRESETS:
        raise DispatchlabError(f"There is no family {family!r}: {closest(family, PRESETS)}.")
    if name not in PRESETS[family]:
        raise DispatchlabError(f"There is no preset {name!r}: {closest(name, PRESETS[family])}.")
    return TrainConfig(family=family, **PRESETS[family][name])
