"""Pictures of a fleet of air taxis: text, pixels, an interactive day, print."""

from dispatchlab.envs.uam.viewer.ansi import render_ansi
from dispatchlab.envs.uam.viewer.curves import profit_figure
from dispatchlab.envs.uam.viewer.day import cut, profit_curve
from dispatchlab.envs.uam.viewer.export import write_day
from dispatchlab.envs.uam.viewer.interactive import day_figure
from dispatchlab.envs.uam.viewer.raster import render_rgb

__all__ = [
    "cut",
    "day_figure",
    "profit_curve",
    "profit_figure",
    "render_ansi",
    "render_rgb",
    "write_day",
]
