"""Evaluation: methods on the same instances and realisations, statistics, tables and reports."""
