"""Random CP-SAT models: what is accepted keeps its optimum, the rest is refused by name."""

import pytest

from dispatchlab.envs.core.errors import UnsupportedModelError
from dispatchlab.envs.jobshop.cp_model_import import from_cp_model

cp_model = pytest.importorskip("ortools.sat.python.cp_model")

from tests.envs.jobshop.cp_models import add_anything, optimum, random_model, solved  # noqa: E402


@pytest.mark.parametrize("seed", range(60))
def test_random_models_keep_their_optimum(seed: int) -> None:
    """Random mixtures of idioms: the encoding's optimum is the model's."""
    model = random_model(seed).model
    try:
        encoding = from_cp_model(model)
    except UnsupportedModelError as error:
        # End-to-end lags between activities with modes are the one refusal in this family.
        assert "depends on the mode" in str(error)  # noqa: PT017
        return
    assert optimum(model) == solved(encoding)


@pytest.mark.parametrize("seed", range(80))
def test_whatever_is_accepted_keeps_its_optimum(seed: int) -> None:
    """After random further constraints a model is refused by name, or its optimum is kept."""
    made = random_model(seed + 1000)
    add_anything(made)
    try:
        encoding = from_cp_model(made.model)
    except UnsupportedModelError as error:
        assert str(error).startswith(("Constraint ", "The "))  # noqa: PT017
        return
    assert optimum(made.model) == solved(encoding)


def test_most_random_models_are_accepted() -> None:
    """The random comparison is not empty: at least 9 of 10 models are converted."""
    accepted = 0
    for seed in range(40):
        try:
            from_cp_model(random_model(seed).model)
            accepted += 1
        except UnsupportedModelError:
            pass
    assert accepted >= 36
