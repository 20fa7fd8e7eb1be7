"""Agents that leave: ONNX files, and folders for the Hugging Face hub."""
