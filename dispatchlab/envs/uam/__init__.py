"""Dispatch of an electric air-taxi fleet between vertiports over a day."""
