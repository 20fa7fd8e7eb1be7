"""Gantt charts: plain text, pixels, interactive HTML and print-ready figures."""

from dispatchlab.envs.jobshop.viewer.ansi import render_ansi
from dispatchlab.envs.jobshop.viewer.export import write_gantt
from dispatchlab.envs.jobshop.viewer.interactive import gantt_figure
from dispatchlab.envs.jobshop.viewer.raster import render_rgb

__all__ = ["gantt_figure", "render_ansi", "render_rgb", "write_gantt"]
