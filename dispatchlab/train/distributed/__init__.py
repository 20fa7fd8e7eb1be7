"""Training whose rollouts are played by workers, in this process or on a Ray cluster.

What searches and evaluations share with it is here too: processes of this machine (`crew.py`), the
cluster (`cluster.py`), and how errors travel (`parcels.py`). Importing this package does not import
Ray.
"""
