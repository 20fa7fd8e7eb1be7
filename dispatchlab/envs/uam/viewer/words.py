"""What is said about a day in all media: its headline, and the time of day."""

from dispatchlab.envs.core.drawing.letters import clip
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.metrics import metrics
from dispatchlab.envs.uam.realisation import UamRealisation
from dispatchlab.envs.uam.schedule import UamSchedule

_NAME = 48


def clock(instance: UamInstance, time_s: float) -> str:
    """The time of day, as ``"08:05"``.

    Args:
        instance: Tells when its day begins.
        time_s: Seconds from there.

    Returns:
        Hours and minutes, rounded down.
    """
    minutes = int(instance.clock_start_s + time_s) // 60
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def dollars(amount: float) -> str:
    """An amount in whole dollars, as ``"-$1,234"``."""
    whole = round(amount)
    return f"{'-' if whole < 0 else ''}${abs(whole):,}"


def describe(instance: UamInstance, realisation: UamRealisation, schedule: UamSchedule) -> str:
    """Headline of a picture: the instance, and what the day has come to so far.

    Args:
        instance: The instance.
        realisation: Tells how many passengers come.
        schedule: A schedule of it.

    Returns:
        One line.
    """
    worth = metrics(instance, realisation, schedule)
    come = int((realisation.request_s <= schedule.now_s).sum())
    text = (
        f"{clip(instance.name, _NAME)}: profit {dollars(worth['profit_usd'])}, "
        f"{worth['served']:.0f} of {come} passengers served by {worth['flights']:.0f} flights"
    )
    if schedule.now_s < instance.horizon_s:
        text += f", at {clock(instance, schedule.now_s)}"
    return text
