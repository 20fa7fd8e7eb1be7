"""What the rules are made of: each is a row of settings that the kernels read.

Sources: random legal actions, greedy choices and distributions of idle vehicles are the usual
baselines of fleets on demand. ``equal`` and ``plus-one`` are compared with learned policies in
RL4AMOD (github.com/StanfordASL/RL4AMOD, MIT), whose code names no paper for the latter: send a
vehicle back to where one has left with passengers. We take it for a relative of Ruch, Gächter,
Hakenberg and Frazzoli (2019), "The +1 Method: Model-Free Adaptive Repositioning Policies for
Robotic Multi-Agent Systems", who send more than one vehicle for each request; that is our reading.
How they read in a system that asks one aircraft at a time is ours, as are ``lookahead`` and
``price``.
"""

from dispatchlab.envs.core.errors import DispatchlabError

# columns
SCORE, REBALANCE = range(2)
NUM_SETTINGS = 2
# SCORE: what the best destination has most of
AT_RANDOM, STAY, NEAREST, PROFIT, RATE, LOOKAHEAD, PRICE = range(7)
# REBALANCE: where an aircraft goes that has nothing to earn
NOWHERE, EQUAL, PLUS_ONE = range(3)

RULES: dict[str, dict[int, int]] = {
    "random": {SCORE: AT_RANDOM},
    "stay": {SCORE: STAY},
    "nearest": {SCORE: NEAREST},
    "greedy": {SCORE: PROFIT},
    "greedy-rate": {SCORE: RATE},
    "equal": {SCORE: PROFIT, REBALANCE: EQUAL},
    "plus-one": {SCORE: PROFIT, REBALANCE: PLUS_ONE},
    "lookahead": {SCORE: LOOKAHEAD},
    "price": {SCORE: PRICE},
}
CODES: dict[str, int] = {name: code for code, name in enumerate(RULES)}
# other names of the same rules
ALIASES: dict[str, str] = {"no-rebalancing": "greedy"}
DESCRIPTIONS: dict[str, str] = {
    "random": "a legal action, drawn uniformly",
    "stay": "nobody ever flies",
    "nearest": "to the nearest vertiport for which passengers wait",
    "greedy": "the leg with the highest profit, stay if none has any; as a baseline of mobility on "
    "demand: matching without rebalancing",
    "greedy-rate": "the leg with the highest profit per hour of delay, flight and charge, stay if "
    "none has any",
    "equal": "greedy; who has nothing to earn flies to the nearest vertiport that has less than an "
    "equal share of the fleet, from one that has more",
    "plus-one": "greedy; who has nothing to earn flies to the nearest vertiport that more aircraft "
    "are flying away from than towards",
    "lookahead": "the highest profit per hour of a leg and the best one that is expected after it, "
    "shared with the aircraft that will be there",
    "price": "our own: the leg with the highest profit plus what an aircraft is worth where and "
    "when it ends, among those there, by the marginal values of a fluid fleet on the expected day",
}


def find_rule(name: str) -> str:
    """The name of a rule in `RULES`, of one of its names.

    Raises:
        DispatchlabError: If there is no such rule.
    """
    found = ALIASES.get(name, name)
    if found not in RULES:
        raise DispatchlabError(f"Unknown rule {name!r}; choose one of {', '.join(RULES)}.")
    return found


def settings_of(name: str) -> list[int]:
    """The row of settings of a rule, one number per column."""
    return [RULES[find_rule(name)].get(column, 0) for column in range(NUM_SETTINGS)]
