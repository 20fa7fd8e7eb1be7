"""Evaluation: paired comparison, statistics and reports."""
