"""Pictures of an edge and a cloud at work: text, pixels, interactive HTML, print."""

from dispatchlab.envs.edge.viewer.ansi import render_ansi
from dispatchlab.envs.edge.viewer.curves import utility_figure
from dispatchlab.envs.edge.viewer.export import write_timeline
from dispatchlab.envs.edge.viewer.interactive import timeline_figure
from dispatchlab.envs.edge.viewer.network_band import hardest_window
from dispatchlab.envs.edge.viewer.raster import render_rgb

__all__ = [
    "hardest_window",
    "render_ansi",
    "render_rgb",
    "timeline_figure",
    "utility_figure",
    "write_timeline",
]
