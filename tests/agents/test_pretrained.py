"""The policies that come with the package."""

import numpy as np
import pytest

from dispatchlab.agents import load_policy, pretrained_names
from dispatchlab.baselines.dispatchers import Lookahead, PriorityRule
from dispatchlab.baselines.edge.rollout import run_dispatcher as edge_rollout
from dispatchlab.baselines.edge.rules import EdgeRule
from dispatchlab.baselines.rollout import run_dispatcher as shop_rollout
from dispatchlab.baselines.soc.rollout import run_dispatcher
from dispatchlab.baselines.soc.rules import SocRule
from dispatchlab.baselines.uam.rollout import run_dispatcher as uam_rollout
from dispatchlab.baselines.uam.rules import UamRule
from dispatchlab.envs.core.errors import CheckpointError
from dispatchlab.envs.edge.env import EdgeCloudEnv
from dispatchlab.envs.edge.generator import make_generator
from dispatchlab.envs.jobshop.env import CPSchedulingEnv
from dispatchlab.envs.jobshop.generator import make_generator as make_shops
from dispatchlab.envs.soc.env import SocEnv
from dispatchlab.envs.soc.library import load_instance
from dispatchlab.envs.soc.realisation import draw
from dispatchlab.envs.uam.env import UamEnv
from dispatchlab.envs.uam.generator import make_generator as make_days
from dispatchlab.train.problems import draw_problems

STREAMS = {
    "soc-top": "top-mix:horizon_us=2500",
    "soc-deepsocs": "top-1:horizon_us=2500",
    "soc-chip16": "wifi-tx20:mean_gap_us=100,horizon_us=2000,warmup_us=0",
}
FLEETS = {"edge-fleet": "4d-a:network=trapezium,duration_ms=30000"}
AIR_TAXIS = {"uam-fleet": "random-6x30"}
JOB_SHOPS = {
    "job-shop-classic": "random:num_jobs=20,num_machines=10,routing_structure=0-1",
    "job-shop-flexible": "flexible:num_jobs=15,num_machines=8,num_operations=8,unrelated_times=1",
}
ARRIVALS = {
    "job-shop-arrivals": "random:num_jobs=60,num_machines=6,arrival_load=0.9,"
    "objective=total_flow_time"
}
BEATEN = {"soc-top": "etf", "soc-deepsocs": "heft-rt", "soc-chip16": "etf"}


def test_every_policy_is_tested() -> None:
    """The problems above name all that is shipped."""
    assert set(pretrained_names()) == {*STREAMS, *FLEETS, *AIR_TAXIS, *JOB_SHOPS, *ARRIVALS}


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


@pytest.mark.parametrize("name", FLEETS)
def test_policies_of_fleets_beat_dem_q(name: str) -> None:
    """In short episodes over a trapezium each policy earns a tenth more than DEM-Q.

    In 20 whole episodes: see the results in docs/edge.md.
    """
    policy = load_policy(name, family="edge")
    kwargs = policy.meta["env"]
    policy.require_layout(EdgeCloudEnv(FLEETS[name], **kwargs).graph_spec.layout())
    problems = draw_problems(make_generator(FLEETS[name]), 3)
    learned = edge_rollout(policy, problems, **kwargs, log=False)
    ruled = edge_rollout(EdgeRule("dem-q"), problems, log=False)
    earned = [float(np.mean([o.qos for o in outcomes])) for outcomes in (learned, ruled)]
    assert earned[0] > 1.1 * earned[1]


@pytest.mark.parametrize("name", AIR_TAXIS)
def test_policies_of_air_taxis_beat_lookahead(name: str) -> None:
    """On a few days of another size than it was trained on each policy earns more than lookahead.

    On many days of other sizes and on real networks: see the results in docs/uam.md.
    """
    policy = load_policy(name, family="uam")
    kwargs = policy.meta["env"]
    policy.require_layout(UamEnv(generator=AIR_TAXIS[name], **kwargs).graph_spec.layout())
    problems = draw_problems(make_days(AIR_TAXIS[name]), 6)
    learned = uam_rollout(policy, problems, **kwargs, log=False)
    ruled = uam_rollout(UamRule("lookahead"), problems, log=False)
    earned = [float(np.mean([o.profit_usd for o in outcomes])) for outcomes in (learned, ruled)]
    assert earned[0] > 1.02 * earned[1]


@pytest.mark.parametrize("name", JOB_SHOPS)
def test_policies_of_job_shops_are_as_good_as_lookahead(name: str) -> None:
    """On shops of another size than it was trained on each policy is far better than FDD/MWKR.

    On the benchmark sets, where they are a little better than lookahead too: see docs/jobshop.md.
    """
    policy = load_policy(name, family="job-shop")
    kwargs = policy.meta["env"]
    problems = draw_problems(make_shops(JOB_SHOPS[name]), 8)
    env = CPSchedulingEnv(generator=JOB_SHOPS[name], **kwargs)
    policy.require_layout(env.graph_spec.layout())
    learned = shop_rollout(policy, problems, **kwargs)
    looked = shop_rollout(Lookahead(), problems, semantics=kwargs["semantics"])
    ruled = shop_rollout(PriorityRule("fdd-mwkr"), problems)
    mean = [float(np.mean([r.objective for r in results])) for results in (learned, looked, ruled)]
    assert mean[0] < 1.01 * mean[1]
    assert mean[0] < 0.96 * mean[2]


@pytest.mark.parametrize("name", ARRIVALS)
def test_policies_of_arrivals_beat_spt(name: str) -> None:
    """Jobs that nobody knows before they arrive stay shorter than by the best rule, SPT.

    More jobs than in training; on more episodes: see docs/results.md.
    """
    policy = load_policy(name, family="job-shop")
    kwargs = policy.meta["env"]
    problems = draw_problems(make_shops(ARRIVALS[name]), 8)
    env = CPSchedulingEnv(generator=ARRIVALS[name], **kwargs)
    policy.require_layout(env.graph_spec.layout())
    learned, ruled = (
        float(np.mean([r.objective for r in shop_rollout(who, problems, semantics="non-delay")]))
        for who in (policy, PriorityRule("spt"))
    )
    assert learned < 0.99 * ruled


def test_unknown_names_list_the_pretrained() -> None:
    """The error names what there is."""
    with pytest.raises(CheckpointError, match=r"pretrained policies .*soc-top"):
        load_policy("soc-bottom")
