"""The policies that come with the package."""

import numpy as np
import pytest

from dispatchlab.agents import load_policy, pretrained_names
from dispatchlab.baselines.soc.rollout import run_dispatcher
from dispatchlab.baselines.soc.rules import SocRule
from dispatchlab.envs.core.errors import CheckpointError
from dispatchlab.envs.soc.env import SocEnv
from dispatchlab.envs.soc.library import load_instance
from dispatchlab.envs.soc.realisation import draw

STREAMS = {
    "soc-top": "top-mix:horizon_us=2500",
    "soc-deepsocs": "top-1:horizon_us=2500",
    "soc-chip16": "wifi-tx20:mean_gap_us=100,horizon_us=2000,warmup_us=0",
}
BEATEN = {"soc-top": "etf", "soc-deepsocs": "heft-rt", "soc-chip16": "etf"}


def test_every_policy_is_tested() -> None:
    """The streams below name all that is shipped."""
    assert set(pretrained_names()) == set(STREAMS)


@pytest.mark.parametrize("name", STREAMS)
def test_policies_beat_their_rule(name: str) -> None:
    """On a few short streams each policy has a lower mean latency than the rule it is to beat.

    On 20 whole streams: see the results in docs/soc.md.
    """
    policy = load_policy(name, family="soc")
    kwargs = policy.meta["env"]
    policy.require_layout(SocEnv(STREAMS[name], **kwargs).graph_spec.layout())
    instance = load_instance(STREAMS[name])
    problems = [(instance, draw(np.random.default_rng([8, s]), instance)) for s in range(6)]
    learned = run_dispatcher(policy, problems, **kwargs, log=False)
    ruled = run_dispatcher(SocRule(BEATEN[name]), problems, log=False)
    mean = [float(np.mean([o.latency_us for o in outcomes])) for outcomes in (learned, ruled)]
    assert mean[0] < mean[1]


def test_unknown_names_list_the_pretrained() -> None:
    """The error names what there is."""
    with pytest.raises(CheckpointError, match=r"pretrained policies .*soc-top"):
        load_policy("soc-bottom")
