"""Dispatching rules: one decision at a time."""
