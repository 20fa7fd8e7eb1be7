"""Preparation: what an agent learns before PPO, with validation, checkpoints and a clock."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm

from dispatchlab.train.config import TrainConfig
from dispatchlab.train.validation import Scores
from dispatchlab.train.warm_up import SelfLabellingStage, imitate_expert, make_self_labelling

if TYPE_CHECKING:
    from dispatchlab.train.self_labelling import SelfLabelling


class Preparation:
    """Imitation of an expert, and self-labelling, as far as the settings ask for them.

    Args:
        config: All settings, with the discount that PPO begins with.
        model: The algorithm, whose policy is changed in place.

    Attributes:
        curve: Validation so far: ``{"decisions": ..., "scores": ...}``.
    """

    def __init__(self, config: TrainConfig, model: OnPolicyAlgorithm) -> None:
        """Begin at the beginning."""
        self._config, self._model = config, model
        self.curve: list[dict[str, Any]] = []
        self._saved = 0
        self._labelling: SelfLabelling | None = None
        if config.self_labelling_rounds:
            self._labelling = make_self_labelling(model.policy, config)

    def state_dict(self) -> dict[str, Any] | None:
        """Everything that the rounds of self-labelling depend on; None before the first."""
        if self._labelling is None or not self._labelling.rounds_done:
            return None
        return self._labelling.state_dict()

    def load_state_dict(self, state: dict[str, Any] | None) -> None:
        """Continue where `state_dict` was taken."""
        if state is not None and self._labelling is not None:
            self._labelling.load_state_dict(state)
            self._saved = self._labelling.decisions

    def play(
        self, *, begin: Callable[[], None], score: Callable[[int], Scores],
        save: Callable[[], None], is_late: Callable[[], bool],
        say: Callable[[str], None],
    ) -> bool:  # fmt: skip
        """Learn; false if the time runs out.

        Args:
            begin: Writes the checkpoint from which everything begins again.
            score: Validates the policy after so many decisions, and says what it is worth.
            save: Writes a checkpoint and the policy.
            is_late: Whether to stop after a round.
            say: Called with lines for people.
        """
        labelling = self._labelling
        if labelling is None or not labelling.rounds_done:
            begin()
            if self._config.imitation_rounds:
                # A run that dies here begins again when it is resumed.
                imitate_expert(self._model.policy, self._config, say)
        if labelling is None:
            return True

        def validate(decisions: int) -> None:
            self.curve.append({"decisions": decisions, "scores": score(decisions)})

        def save_round() -> None:
            save()
            self._saved = labelling.decisions

        stage = SelfLabellingStage(
            labelling, self._config, validate=validate, save=save_round, is_late=is_late, say=say,
        )  # fmt: skip
        return stage.play()

    def reached(self) -> tuple[int, int, str]:
        """Decisions so far, those that a checkpoint has, and the stage that they belong to."""
        if self._labelling is not None and self._labelling.rounds_done:
            return self._labelling.decisions, self._saved, "self-labelling"
        return 0, 0, "imitation" if self._config.imitation_rounds else "training"
