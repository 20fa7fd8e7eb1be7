"""Pictures of chips at work and of task graphs: text, pixels, interactive HTML, print."""

from dispatchlab.envs.soc.viewer.ansi import render_ansi, render_graph_ansi
from dispatchlab.envs.soc.viewer.export import write_gantt, write_graph
from dispatchlab.envs.soc.viewer.interactive import gantt_figure
from dispatchlab.envs.soc.viewer.interactive_graph import graph_figure
from dispatchlab.envs.soc.viewer.raster import render_rgb

__all__ = [
    "gantt_figure",
    "graph_figure",
    "render_ansi",
    "render_graph_ansi",
    "render_rgb",
    "write_gantt",
    "write_graph",
]
