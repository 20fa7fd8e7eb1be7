"""Training whose rollouts are played by workers, in this process or on a Ray cluster.

Importing this package does not import Ray.
"""
