"""Dispatchers: priority rules."""

from dispatchlab.baselines.dispatchers.base import Dispatcher
from dispatchlab.baselines.dispatchers.rules import DESCRIPTIONS, SCORES, PriorityRule

RULES = tuple(SCORES)

__all__ = ["DESCRIPTIONS", "RULES", "Dispatcher", "PriorityRule"]
