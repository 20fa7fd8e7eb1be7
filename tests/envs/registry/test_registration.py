"""Ids, entry points, and what importing the package loads."""

import importlib
import subprocess
import sys
import warnings

import gymnasium as gym

from dispatchlab import register_all
from dispatchlab.envs.core import registry
from dispatchlab.envs.core.env import SchedulingEnv
from dispatchlab.envs.core.registry import ENVIRONMENTS
from dispatchlab.envs.core.vector_env import SchedulingVectorEnv
from tests.envs.registry.families import FAMILIES, Case, every_id

HEAVY = (
    "numba", "torch", "ortools", "simpy", "ray", "matplotlib", "plotly", "pymoo", "scipy", "optuna",
    "onnx", "onnxruntime", "onnxscript", "pandas", "pyarrow", "sklearn", "stable_baselines3",
)  # fmt: skip


def _run(code: str) -> str:
    """Standard output of a fresh interpreter."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_import_is_light() -> None:
    """`import dispatchlab` registers the environments and loads nothing heavy."""
    code = f"import dispatchlab, sys; print([m for m in {HEAVY} if m in sys.modules])"
    assert _run(code) == "[]"


def test_environments_need_no_extra() -> None:
    """Making and resetting environments loads no package of an extra."""
    code = (
        "import gymnasium as gym, sys\n"
        "env = gym.make('dispatchlab:dispatchlab/JobShop-v0')\n"
        "env.reset(seed=0)\n"
        "gym.make_vec('dispatchlab/JobShop-v0', num_envs=2).reset(seed=0)\n"
        f"heavy = set({HEAVY}) - {{'numba', 'scipy'}}\n"
        "print(env.spec.id, sorted(heavy & set(sys.modules)))"
    )
    assert _run(code) == "dispatchlab/JobShop-v0 []"


def test_every_family_is_described() -> None:
    """The hooks of the tests and the registry name the same families."""
    assert {record.family for record in ENVIRONMENTS} == set(FAMILIES)
    assert registry.FAMILIES == {
        "job-shop": "dispatchlab/JobShop-v0",
        "soc": "dispatchlab/SoC-v0",
        "edge": "dispatchlab/EdgeCloud-v0",
        "uam": "dispatchlab/UAM-v0",
    }
    ids = {record.id for record in ENVIRONMENTS}
    assert len(ids) == len(ENVIRONMENTS)
    assert all(family.slow <= ids for family in FAMILIES.values())


def test_registration_is_idempotent() -> None:
    """Registering again changes no spec and warns about nothing."""
    before = {record.id: gym.spec(record.id) for record in ENVIRONMENTS}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        register_all()
        importlib.reload(importlib.import_module("dispatchlab"))
    assert all(gym.spec(name) is spec for name, spec in before.items())


@every_id
def test_make(case: Case) -> None:
    """Both faces are made by id; the vector face is the native class, without sub-environments."""
    env = gym.make(case.record.id)
    assert isinstance(env.unwrapped, SchedulingEnv)
    assert isinstance(case.make_vec(2), SchedulingVectorEnv)
    assert case.make_vec(2).single_observation_space == env.observation_space
    assert case.make_vec(2).single_action_space == env.action_space
    assert case.record.summary
    assert type(env.unwrapped).__doc__


@every_id
def test_spec_is_serialisable(case: Case) -> None:
    """The arguments of an id survive Gymnasium's JSON form."""
    spec = gym.spec(case.record.id)
    again = gym.envs.registration.EnvSpec.from_json(spec.to_json())
    assert again.kwargs == dict(case.record.kwargs)
