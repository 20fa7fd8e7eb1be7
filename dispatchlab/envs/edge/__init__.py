"""Deadline-bound DNN inference of drone fleets, on an edge accelerator and in the cloud."""
