"""GradientNorms: records how large the gradients of a run are, for `Refined`."""

from typing import TYPE_CHECKING

import torch
from stable_baselines3.common.callbacks import BaseCallback
from torch import nn

from dispatchlab.train.schedules.refinement import GRADIENT_NORM

if TYPE_CHECKING:
    from torch.utils.hooks import RemovableHandle


class GradientNorms(BaseCallback):
    """Logs the mean sum of absolute values of an update's gradients, before they are clipped.

    Give it before the callbacks that write the log.
    """

    def __init__(self) -> None:
        """Nothing is recorded yet."""
        super().__init__()
        self._handles: list[RemovableHandle] = []
        self._sum: torch.Tensor | float = 0.0
        self._count = 0

    def _on_training_start(self) -> None:
        """Look at every gradient."""
        for group in self.model.policy.optimizer.param_groups:
            for parameter in group["params"]:
                handle = parameter.register_post_accumulate_grad_hook(self._see)
                self._handles.append(handle)
        optimizer = self.model.policy.optimizer
        self._handles.append(optimizer.register_step_pre_hook(self._end_step))

    def _see(self, parameter: nn.Parameter) -> None:
        """Add a parameter's gradient."""
        if parameter.grad is not None:
            self._sum = self._sum + parameter.grad.detach().abs().sum()

    def _end_step(self, *_: object) -> None:
        """A gradient is complete."""
        self._count += 1

    def _on_rollout_start(self) -> None:
        """After an update."""
        self._log()

    def _on_step(self) -> bool:
        """Forget gradients that have been seen since the rollout began: they were trials."""
        self._sum, self._count = 0.0, 0
        return True

    def _on_training_end(self) -> None:
        """After the last update; look no more."""
        self._log()
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def _log(self) -> None:
        """Log the mean and begin again."""
        if self._count:
            self.logger.record(GRADIENT_NORM, float(self._sum) / self._count)
        self._sum, self._count = 0.0, 0
