"""What the rules are made of: each is a row of settings that the kernels read.

Sources: Raj, Mittal, Gupta and Simmhan (2025), FGCS, and their released scheduler
(dream-lab/ocularone-scheduler, Apache-2.0) for all but the last three and the random rule; Meng et
al. (2020), IEEE TPDS 31(6), for DEDAS (SOTA2); SOTA1 combines Kalmia (INFOCOM 2022) and D3 (EuroSys
2022) as the released scheduler does. The variants on quantiles are our own.
"""

from dispatchlab.envs.core.errors import DispatchlabError

# columns
(
    ORDER, CALLS, VICTIMS, JUST_IN_TIME, STEALS, ADAPTS, GATED, LEAD_MS, FIRST_SPARED,
    WHOLE_LIST, LOYAL, DROPS_COSTLY, MIGRATES, OWN_TRIGGER,
) = range(14)  # fmt: skip
NUM_SETTINGS = 14
BUFFER_MS = 10  # published: triggers lie so long before the last moment
# ORDER of the edge queue, the least first; ties in the order of entering
BY_ARRIVAL, BY_DEADLINE, BY_RELATIVE_DEADLINE, BY_TIME, BY_BENEFIT, BY_UTILITY, BY_RATE = range(7)
# CALLS: what may go to the cloud; AT_RANDOM and BY_MARGIN are rules of their own
NEVER_CALLS, ONLY_CALLS, WORTH_IT, IN_TIME, ANY_CALL, AT_RANDOM, BY_MARGIN = range(7)
# VICTIMS: queued tasks that leave the edge for a new one
NO_VICTIMS, BY_SCORE, ONE_LONGER = range(3)
# ADAPTS: what the expected time of a call follows
NOT_AT_ALL, MEAN, QUANTILE = range(3)

_EDGE = {CALLS: NEVER_CALLS}
_E_C = {ORDER: BY_DEADLINE, CALLS: WORTH_IT}
_DEM = {**_E_C, VICTIMS: BY_SCORE}
_DEMS = {**_DEM, JUST_IN_TIME: 1, STEALS: 1}
RULES: dict[str, dict[int, int]] = {
    "random": {CALLS: AT_RANDOM},
    "fifo": {**_EDGE, ORDER: BY_ARRIVAL},
    "edf": {**_EDGE, ORDER: BY_DEADLINE},
    "sjf": {**_EDGE, ORDER: BY_TIME},
    "hbf": {**_EDGE, ORDER: BY_BENEFIT},
    "huf": {**_EDGE, ORDER: BY_UTILITY},
    "hpf": {**_EDGE, ORDER: BY_RATE},
    "cld": {CALLS: ONLY_CALLS},
    "ec": _E_C,
    "dem": _DEM,
    "dems": _DEMS,
    "dems-a": {**_DEMS, ADAPTS: MEAN},
    "gems": {**_DEMS, GATED: 1},
    "sota1": {ORDER: BY_ARRIVAL, CALLS: IN_TIME},
    "sota2": {ORDER: BY_TIME, CALLS: ANY_CALL, VICTIMS: ONE_LONGER},
    "dem-q": {**_DEM, ADAPTS: QUANTILE},
    "dems-q": {**_DEMS, ADAPTS: QUANTILE},
    "marginal": {CALLS: BY_MARGIN},
}
CODES: dict[str, int] = {name: code for code, name in enumerate(RULES)}
DESCRIPTIONS: dict[str, str] = {
    "random": "a legal decision on the task that is pointed at, or a task that the edge can run, "
    "drawn uniformly",
    "fifo": "edge only, in the order of arrival",
    "edf": "edge only, earliest deadline first",
    "sjf": "edge only, shortest expected time first",
    "hbf": "edge only, highest benefit first",
    "huf": "edge only, highest utility first",
    "hpf": "edge only, highest utility per expected ms first",
    "cld": "cloud only; what costs more there than it brings is dropped",
    "ec": "E+C: to the edge by deadline if it is expected in time behind what is more urgent, else "
    "to the cloud if that pays",
    "dem": "E+C that lets a task push others to the cloud if less utility is lost so",
    "dems": "DEM that calls the cloud at the last moment; until then the idle edge may steal the "
    "task",
    "dems-a": "DEMS whose expected cloud times follow the mean of the last ten calls",
    "gems": "DEMS that sends all queued tasks of a model to the cloud while too few of them have "
    "been in time in the current QoE window",
    "sota1": "D3 and Kalmia combined: edge in the order of arrival if in time, else the cloud "
    "whatever it costs",
    "sota2": "DEDAS: edge by expected time; a task may replace one longer task, all others go to "
    "the cloud whatever they cost",
    "dem-q": "DEM whose expected cloud times follow the second largest of the last ten calls",
    "dems-q": "DEMS whose expected cloud times follow the second largest of the last ten calls",
    "marginal": "our own: plans the edge for what gains most per ms beyond its call, which is "
    "worth its benefit times its chance to be in time; what is not planned is called at once",
}
# flags of the presets; what the released code does and the paper does not say is off by default
PAPER: dict[str, int] = {
    "relative_deadlines": 0, "lead_ms": 25, "first_spared": 0, "whole_list": 0,
    "loyal_to_queue": 0, "drops_costly": 0,
}  # fmt: skip
RELEASED: dict[str, int] = {
    "relative_deadlines": 1, "lead_ms": 50, "first_spared": 1, "whole_list": 1,
    "loyal_to_queue": 1, "drops_costly": 1,
}  # fmt: skip
PRESETS: dict[str, dict[str, int]] = {"paper": PAPER, "code": RELEASED}


def settings_of(name: str, preset: str, flags: dict[str, int]) -> list[int]:
    """The row of settings of a rule.

    Args:
        name: One of `RULES`.
        preset: One of `PRESETS`.
        flags: Changes to the preset.

    Returns:
        One number per column.

    Raises:
        DispatchlabError: If there is no such rule, preset or flag, if the lead is negative, or if
            the rule has no use for a flag.
    """
    if name not in RULES:
        raise DispatchlabError(f"Unknown rule {name!r}; choose one of {', '.join(RULES)}.")
    if preset not in PRESETS:
        raise DispatchlabError(f"Unknown preset {preset!r}; choose one of {', '.join(PRESETS)}.")
    unknown = sorted(set(flags) - set(PAPER))
    if unknown:
        raise DispatchlabError(f"Unknown flag {unknown[0]!r}; choose some of {', '.join(PAPER)}.")
    chosen = {**PRESETS[preset], **flags}
    if chosen["lead_ms"] < 0:
        raise DispatchlabError(f"lead_ms is {chosen['lead_ms']}; give at least 0 ms.")
    for flag in flags:
        other = {**chosen, flag: chosen[flag] + 1 if flag == "lead_ms" else 1 - chosen[flag]}
        if _row(name, chosen) == _row(name, other):
            raise DispatchlabError(f"The rule {name!r} has no use for {flag!r}; leave it out.")
    return _row(name, chosen)


def _row(name: str, flags: dict[str, int]) -> list[int]:
    """One number per column; 0 where a rule has no use for a flag."""
    row = [RULES[name].get(column, 0) for column in range(NUM_SETTINGS)]
    queues = row[CALLS] not in (ONLY_CALLS, AT_RANDOM, BY_MARGIN)
    if flags["relative_deadlines"] and queues and row[ORDER] == BY_DEADLINE:
        row[ORDER] = BY_RELATIVE_DEADLINE
    row[MIGRATES] = 1
    row[LEAD_MS] = flags["lead_ms"] * row[JUST_IN_TIME]
    row[FIRST_SPARED] = flags["first_spared"] * (row[VICTIMS] == BY_SCORE)
    row[WHOLE_LIST] = flags["whole_list"] * row[STEALS]
    # the released code has these two in GEMS only
    row[LOYAL] = flags["loyal_to_queue"] * row[GATED]
    row[DROPS_COSTLY] = flags["drops_costly"] * row[GATED]
    return row
