"""What the updates of a run tell: losses, learning rate, gradients, explained variance."""

from collections.abc import Sequence

from dispatchlab.eval.run_report.charts import Chart, Curve, curves_chart
from dispatchlab.eval.run_report.record import RunRecord

_MEASURES = {
    "rollout/return": ("Return", "Mean sum of the rewards of an episode in training."),
    "rollout/decisions": ("Length of episodes", "Mean decisions of an episode in training."),
    "train/loss": ("Loss", ""),
    "train/value_loss": ("Value loss", "Mean squared error of the critic."),
    "train/policy_gradient_loss": ("Policy loss", "Clipped surrogate objective of PPO, negative."),
    "train/entropy_loss": ("Entropy loss", "Negative entropy; near 0 the agent is sure of itself."),
    "train/learning_rate": ("Learning rate", ""),
    "train/gamma": ("Discount", ""),
    "train/discount_progress": (
        "Sight", "Decisions after which a reward is worth alpha of what it is now.",
    ),
    "train/discount_reproduced": (
        "Expert's decisions reproduced", "Share of those within sight, compared now and then.",
    ),
    "train/gradient_norm": ("Gradient norm", "Mean over an update, before clipping."),
    "train/explained_variance": (
        "Explained variance",
        "1: the critic foresees the returns; 0: no better than their mean.",
    ),
    "train/approx_kl": ("Change of the policy", "Approximate KL divergence of an update."),
    "train/clip_fraction": (
        "Clipped",
        "Share of the decisions whose ratio of probabilities was clipped.",
    ),
}  # fmt: skip
_PREFIX = "train/"


def update_charts(runs: Sequence[RunRecord]) -> list[Chart]:
    """A chart for each number that was recorded.

    Args:
        runs: The runs.

    Returns:
        The charts.
    """
    recorded = dict.fromkeys(name for run in runs for name in run.progress.columns)
    others = [n for n in recorded if n.startswith(_PREFIX) and n not in _MEASURES]
    charts = []
    for name in (*_MEASURES, *others):
        curves = [
            Curve(run.name, run.progress.series(name), index) for index, run in enumerate(runs)
        ]
        curves = [curve for curve in curves if curve.series[0]]
        if curves:
            plain = name.removeprefix(_PREFIX).replace("_", " ").capitalize()
            heading, note = _MEASURES.get(name, (plain, ""))
            charts.append(curves_chart(heading, note, curves, legend=len(runs) > 1))
    return charts
