"""What the columns of summaries mean, in a sentence each."""

from collections.abc import Iterable

MEANINGS = {
    "gap %": "Mean distance of the objective to the reference, relative to it; 0 is as good.",
    "95 % CI": "Interval that holds the true value of the column before it with 95 % confidence: "
    "percentile bootstrap over instances, and seeds within them.",
    "IQM %": "Interquartile mean: of the middle half of the runs, which outliers do not move.",
    "IQM µs": "Interquartile mean: of the middle half of the runs, which outliers do not move.",
    "best %": "Share of the runs in which no other method was better.",
    "wins %": "Share of the runs that were better than the baseline's run on the same instance and "
    "seed.",
    "P(better)": "Probability of improvement: that a run of the method beats one of the baseline "
    "on the same instance, whatever the seeds; a tie counts half.",
    "Δ gap %": "Mean of the gap minus that of the baseline, run by run; below 0 is better.",
    "time": "Mean wall-clock time for an instance, without loading and compiling.",
    "decision": "Mean wall-clock time for a decision.",
    "verified": "Schedules that the independent checker accepts, of all runs.",
    "worst 5 %": "Mean over the lowest twentieth of the days of each instance, one at least.",
    "of bound %": "Share of what nobody can exceed.",
    "latency µs": "Mean latency of the completed jobs.",
    "completed": "Mean number of completed jobs.",
    "utility": "Mean utility: QoS and QoE together.",
    "on time %": "Share of the tasks that were on time.",
    "served %": "Share of the passengers who were flown.",
    "empty %": "Share of the flights without passengers.",
    "load %": "Share of the seats that were taken, of all flights.",
}


def meanings(headings: Iterable[str]) -> dict[str, str]:
    """The meaning of each heading that needs one, once.

    Args:
        headings: Headings of columns.

    Returns:
        Sentences by heading, in that order.
    """
    return {name: MEANINGS[name] for name in headings if name in MEANINGS}
