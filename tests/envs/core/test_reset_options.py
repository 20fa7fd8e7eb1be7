"""Reset options are checked before anything is touched, in both faces alike."""

from typing import Any

import numpy as np
import pytest

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.jobshop.env import CPSchedulingEnv, CPSchedulingVectorEnv
from dispatchlab.envs.jobshop.library import load_instance

GENERATOR = "random:num_jobs=3-5,num_machines=2-3"
BAD = [
    ({"tsk": 1}, "'tsk' is unknown"),
    (5, "options are 5"),
    ({"task": 5}, "task is 5"),
    ({"task": "x"}, "task is 'x'"),
    ({"task": {"foo": 1}}, "'foo'"),
    ({"task": {"num_jobs": 99}}, "99"),
    ({"problem": load_instance("ft06")}, "CpEncoding; give a pair"),
    ({"problem": "ft06"}, "str; give a pair"),
    ({"problem": ("ft06", None)}, "is a str with a NoneType"),
    ({"task": {"num_jobs": 4}, "problem": (load_instance("ft06"), None)}, "keep one"),
]


@pytest.mark.parametrize(("options", "message"), BAD)
def test_bad_options_are_refused_by_both_faces(options: Any, message: str) -> None:  # noqa: ANN401 (anything)
    """One sentence that names the value."""
    for env in (
        CPSchedulingEnv(generator=GENERATOR),
        CPSchedulingVectorEnv(2, generator=GENERATOR),
    ):
        with pytest.raises(DispatchlabError, match=message):
            env.reset(seed=0, options=options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"task": [{}, {}, {}]}, "3 tasks were given for 2 rows"),
        ({"reset_mask": [True]}, "shape"),
        ({"reset_mask": 5}, "give 2 booleans"),
        ({"reset_mask": np.array([True, False])}, "Only 1 of 2"),
    ],
)
def test_bad_vector_options_are_refused(options: dict[str, Any], message: str) -> None:
    """Masks and tasks of another length, and a partial first reset."""
    with pytest.raises(DispatchlabError, match=message):
        CPSchedulingVectorEnv(2, generator=GENERATOR).reset(options=options)


def test_a_fixed_instance_has_no_tasks() -> None:
    """An environment of one instance refuses a task in both faces."""
    for env in (CPSchedulingEnv(), CPSchedulingVectorEnv(2)):
        with pytest.raises(DispatchlabError, match="foo"):
            env.reset(options={"task": {"foo": 1}})


def test_a_partial_reset_leaves_the_other_rows_alone() -> None:
    """The rows outside the mask keep their schedule."""
    env = CPSchedulingVectorEnv(2, generator=GENERATOR, autoreset="disabled")
    env.reset(seed=0)
    env.step(env.action_masks().argmax(axis=1))
    before = env.schedule(1)
    env.reset(options={"reset_mask": np.array([True, False])})
    assert env.schedule(1) == before
    assert env.episodes.dynamics.decisions().tolist() == [0, 1]


def test_using_an_environment_before_reset_is_refused() -> None:
    """Step, problem and render say what to call first."""
    env = CPSchedulingEnv(render_mode="ansi")
    for use in (lambda: env.step(0), lambda: env.problem, env.render):
        with pytest.raises(DispatchlabError, match="call reset"):
            use()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"instance": 5}, "instance is a int"),
        ({"generator": 5}, "generator is a int"),
        ({"observation": 5}, "Unknown observation 5"),
        ({"reward": 5}, "Unknown reward 5"),
        ({"semantics": "x"}, "Unknown semantics 'x'"),
        ({"instance": "ft06", "generator": GENERATOR}, "keep one"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict[str, Any], message: str) -> None:
    """Constructor arguments of the wrong type or value."""
    with pytest.raises(DispatchlabError, match=message):
        CPSchedulingEnv(**arguments)


@pytest.mark.parametrize("count", [0, 2.5, "2", None])
def test_bad_numbers_of_environments_are_refused(count: Any) -> None:  # noqa: ANN401 (anything)
    """num_envs must be a positive integer."""
    with pytest.raises(DispatchlabError, match="num_envs is"):
        CPSchedulingVectorEnv(count)
