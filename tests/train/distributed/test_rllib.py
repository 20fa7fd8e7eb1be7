"""RLlib: environments by name, and the graph network under its PPO."""

import logging
import sys
from typing import Any

import pytest

from dispatchlab.envs.core.registry import ENVIRONMENTS
from dispatchlab.train.distributed.cluster import connected

MODULE = "dispatchlab.train.distributed.rllib"
SMALL_NETWORK = {"hidden": 16, "num_layers": 1, "num_heads": 2, "feedforward": 16}


def test_missing_packages_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where RLlib cannot be imported, the error says how to install it."""
    pytest.importorskip("ray")
    monkeypatch.delitem(sys.modules, MODULE, raising=False)
    monkeypatch.setitem(sys.modules, "ray.rllib", None)
    with pytest.raises(ImportError, match=r"RLlib cannot be imported .*pip install 'ray\[rllib\]'"):
        __import__(MODULE)


@pytest.fixture
def rllib() -> Any:  # noqa: ANN401 - a module
    """Our module, where RLlib has all that it needs."""
    reason = "RLlib needs `pip install 'ray[rllib]'`"
    pytest.importorskip("ray.rllib.algorithms.ppo", reason=reason, exc_type=ImportError)
    import dispatchlab.train.distributed.rllib as module

    with connected("", 1):
        logging.getLogger("ray").setLevel(logging.ERROR)
        yield module


@pytest.mark.slow
def test_all_environments_are_registered(rllib: Any) -> None:  # noqa: ANN401 - a module
    """RLlib finds every id, and what it makes is the environment with its settings."""
    from ray.tune.registry import ENV_CREATOR, _global_registry

    names = rllib.register_envs()
    assert names == [record.id for record in ENVIRONMENTS]
    for name in names:
        create = _global_registry.get(ENV_CREATOR, name)
        assert create({"on_invalid": "raise"}).spec.id == name


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "encoder"),
    [
        ("dispatchlab/JobShop-v0", "transformer"),
        ("dispatchlab/SoC-v0", "arcs"),
        ("dispatchlab/EdgeCloud-v0", "arcs"),
        ("dispatchlab/UAM-v0", "arcs"),
    ],
)
def test_ppo_learns_and_plays_legal_actions(name: str, encoder: str, rllib: Any) -> None:  # noqa: ANN401 - a module
    """An iteration of RLlib's PPO changes the weights, and no action is ever illegal."""
    import torch
    from ray.rllib.algorithms.ppo import PPOConfig

    rllib.register_envs()
    settings = {"on_invalid": "raise"}
    config = (
        PPOConfig()
        .environment(name, env_config=settings)
        .env_runners(num_env_runners=0, num_envs_per_env_runner=2, rollout_fragment_length=32)
        .training(train_batch_size_per_learner=64, minibatch_size=32, num_epochs=1)
        .rl_module(
            rl_module_spec=rllib.graph_module(name, settings, encoder=encoder, **SMALL_NETWORK)
        )
    )
    algorithm = config.build_algo()
    try:
        before = [p.detach().clone() for p in algorithm.get_module().net.parameters()]
        result = algorithm.train()
        after = list(algorithm.get_module().net.parameters())
    finally:
        algorithm.stop()
    assert result["env_runners"]["num_env_steps_sampled"] >= 64
    assert any(not torch.equal(one, two) for one, two in zip(before, after, strict=True))
