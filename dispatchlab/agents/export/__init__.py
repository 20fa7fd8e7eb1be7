"""Agents that leave: ONNX files, and folders for the Hugging Face hub."""

from dispatchlab.agents.export.hub import write_hub_folder
from dispatchlab.agents.export.observations import observe
from dispatchlab.agents.export.onnx_file import export_onnx

__all__ = ["export_onnx", "observe", "write_hub_folder"]
