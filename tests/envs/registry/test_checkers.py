"""The environment checkers of Gymnasium and Stable-Baselines3, with warnings as errors."""

import warnings

import pytest
from gymnasium.utils.env_checker import check_env

from tests.envs.registry.families import Case, every_case


@every_case
def test_gymnasium_checker(case: Case) -> None:
    """Gymnasium finds nothing to complain about, render modes included."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(case.make(), skip_render_check=False)


@every_case
def test_stable_baselines_checker(case: Case) -> None:
    """Stable-Baselines3 only remarks that node tables are not flat vectors."""
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message="Your observation .* has an unconventional shape")
        checker.check_env(case.make(render_mode="rgb_array"), skip_render_check=False)
