"""Dispatchers: priority rules and lookahead with rules."""

from dispatchlab.baselines.dispatchers.base import Dispatcher
from dispatchlab.baselines.dispatchers.lookahead import LOOKAHEAD, Lookahead
from dispatchlab.baselines.dispatchers.rules import DESCRIPTIONS, SCORES, PriorityRule

RULES = tuple(SCORES)

__all__ = ["DESCRIPTIONS", "LOOKAHEAD", "RULES", "Dispatcher", "Lookahead", "PriorityRule"]
