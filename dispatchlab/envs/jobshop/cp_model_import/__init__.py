"""Import of OR-Tools CP-SAT models: every constraint is converted exactly, or refused by name.

The variables of a model are either *times* or *choices*. Choices fall into components; every
combination of values that a component admits is one mode of one activity. Within given modes
each linear on times is a difference constraint between two activities, whatever idiom wrote it.
"""

from dispatchlab.envs.jobshop.cp_model_import.convert import from_cp_model

__all__ = ["from_cp_model"]
