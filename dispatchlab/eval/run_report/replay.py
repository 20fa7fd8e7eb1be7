"""Levels that a teacher keeps, how likely each is to be replayed, and what was edited in them."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dispatchlab.envs.core.drawing.figures import empty_figure, escape
from dispatchlab.envs.core.drawing.palette import colour, css
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.eval.formatting import MISSING
from dispatchlab.eval.run_report.charts import DECISIONS, Chart
from dispatchlab.eval.run_report.curriculum import Rollout, thinned

if TYPE_CHECKING:
    from dispatchlab.train.levels.base import Levels

_MOST_TIMES = 40
_MOST_LEVELS = 10  # in the chart
_MOST_ROWS = 16  # in the tables
_OTHERS = "#cccccc"
_KEY = 6  # letters of a key that are shown


def replay_chart(levels: "Levels", rollouts: Sequence[Rollout]) -> Chart | None:
    """A bar for each time, in which the levels that matter most have their shares.

    Args:
        levels: What levels mean.
        rollouts: What the teacher kept.

    Returns:
        The chart, or None if it kept nothing.
    """
    shown = thinned([rollout for rollout in rollouts if rollout.masses], _MOST_TIMES)
    if not shown:
        return None
    totals: Counter[str] = Counter()
    rows: dict[str, dict[str, Any]] = {}
    for rollout in shown:
        for row in rollout.masses:
            totals[row["key"]] += row["mass"]
            rows[row["key"]] = row
    figure = empty_figure(420)
    x = [rollout.timesteps for rollout in shown]
    masses = [{row["key"]: row["mass"] for row in rollout.masses} for rollout in shown]
    top = [key for key, _ in totals.most_common(_MOST_LEVELS)]
    for index, key in enumerate(top):
        _bars(figure, x, [m.get(key, 0.0) for m in masses], key[:_KEY], css(colour(index)),
              describe_level(levels, rows[key]))  # fmt: skip
    rest = [sum(m.values()) - sum(m.get(key, 0.0) for key in top) for m in masses]
    _bars(figure, x, [max(0.0, r) for r in rest], "others", _OTHERS, "other levels on record")
    figure.update_layout(barmode="stack", bargap=0.1, legend_traceorder="normal")
    figure.update_xaxes(title_text=DECISIONS)
    figure.update_yaxes(title_text="replay mass", tickformat=".0%", range=[0, 1])
    note = (
        "Chance of each level to be the next one that is replayed. What is missing to 100 % "
        "belongs to levels that the run did not record, or to no replay."
    )
    return Chart("Replay mass", note, figure)


def level_rows(levels: "Levels", rollouts: Sequence[Rollout]) -> list[list[str]]:
    """Key, mass, score, task and edits of the levels on record that matter most at the end."""
    last = next((rollout.masses for rollout in reversed(rollouts) if rollout.masses), [])
    best = sorted(last, key=lambda row: -row["mass"])[:_MOST_ROWS]
    return [
        [
            row["key"][:_KEY], f"{row['mass']:.1%}", f"{row['score']:.3g}",
            task_text(levels, row["point"]), edits_text(levels, row["edits"]),
        ]
        for row in best
    ]  # fmt: skip


def edit_rows(levels: "Levels", rollouts: Sequence[Rollout]) -> list[list[str]]:
    """Edit, episodes with it in each third of the run, and their mean score."""
    thirds: list[Counter[int]] = [Counter(), Counter(), Counter()]
    scores: dict[int, list[float]] = {}
    end = max((rollout.timesteps for rollout in rollouts), default=0)
    for rollout in rollouts:
        third = thirds[min(2, 3 * rollout.timesteps // (end + 1))]
        for edits, score in zip(rollout.edits, rollout.scores, strict=True):
            for token in set(edits):
                third[token] += 1
                scores.setdefault(token, []).append(score)
    most = sum(thirds, Counter()).most_common(_MOST_ROWS)
    return [
        [
            edit_text(levels, token), *(str(third[token]) for third in thirds), str(count),
            f"{np.mean(scores[token]):.3f}",
        ]
        for token, count in most
    ]  # fmt: skip


def describe_level(levels: "Levels", row: dict[str, Any]) -> str:
    """Task and edits."""
    return f"{task_text(levels, row['point'])}, edits: {edits_text(levels, row['edits'])}"


def task_text(levels: "Levels", point: Sequence[float]) -> str:
    """A task in its own units."""
    task = levels.space.denormalise(point)
    units = {p.name: "" if p.unit == "1" else f" {p.unit}" for p in levels.space.parameters}
    return ", ".join(f"{name} {value:.4g}{units[name]}" for name, value in task.items())


def edits_text(levels: "Levels", tokens: Sequence[int]) -> str:
    """All edits in words, equal ones counted."""
    counts = Counter(edit_text(levels, token) for token in tokens)
    words = [text if n == 1 else f"{text} ({n} times)" for text, n in counts.items()]
    return ", ".join(words) or MISSING


def edit_text(levels: "Levels", token: int) -> str:
    """An edit in words; its number if the family no longer knows it."""
    try:
        return levels.describe(token)
    except DispatchlabError:
        return f"edit {token}"


def _bars(figure: Any, x: list[int], y: list[float], name: str, ink: str, text: str) -> None:  # noqa: ANN401 (a figure of plotly)
    figure.add_bar(
        x=x, y=y, name=escape(name), marker={"color": ink},
        hovertext=escape(text).replace(", ", ",<br>"),
        hovertemplate="%{y:.1%} at %{x} decisions<br>%{hovertext}",
    )  # fmt: skip
