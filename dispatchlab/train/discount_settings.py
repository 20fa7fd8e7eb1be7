"""The discount of a run as a text: ``ads`` or ``ads:option=value,...``."""

from dataclasses import dataclass, fields

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.discount import DiscountSchedule
from dispatchlab.train.values import check_least, parse_value, split_settings

NAME = "ads"
MOST_PROBLEMS = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscountSettings:
    """Options of automatic discount scheduling.

    Attributes:
        alpha: Worth of a reward k decisions ahead.
        start: k at first, as a share of the expert's longest episode.
        most: By how much k may grow at once.
        share: Of the expert's score that is enough.
        every: Decisions of training between two comparisons with the expert.
        problems: How many problems both play.
    """

    alpha: float = 0.2
    start: float = 0.2
    most: int = 5
    share: float = 0.9
    every: int = 8192
    problems: int = 8

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_least(self)
        if self.problems > MOST_PROBLEMS:
            raise DispatchlabError(
                f"problems is {self.problems}: give a number of at most {MOST_PROBLEMS}."
            )
        self.schedule(1)

    def schedule(self, horizon: int) -> DiscountSchedule:
        """The schedule at its beginning.

        Args:
            horizon: H, decisions of the expert's longest episode.

        Returns:
            A schedule of its own.
        """
        return DiscountSchedule(
            horizon, alpha=self.alpha, start=self.start, most=self.most, share=self.share
        )


def parse_discount(text: str) -> DiscountSettings:
    """The options of a text.

    Args:
        text: ``ads``, with options after a colon: ``ads:alpha=0.3,every=8192``.

    Returns:
        The options.

    Raises:
        DispatchlabError: The name, an option or a value is not known.
    """
    name = text.partition(":")[0].strip()
    if name != NAME:
        raise DispatchlabError(
            f"There is no discount {name!r}: give {NAME}, or leave it out to keep gamma."
        )
    defaults = {field.name: field.default for field in fields(DiscountSettings)}
    options = split_settings(text, "discount", defaults)
    return DiscountSettings(
        **{key: parse_value(key, value, defaults[key]) for key, value in options.items()}
    )
