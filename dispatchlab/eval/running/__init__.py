"""Running comparisons: tasks, who carries them out, and folders that keep what is finished.

A comparison is cut into tasks (`tasks.py`): a method on a case, or on a block of cases that it
plays at once, and bounds that take their time. An engine carries tasks out, in this process
(`engines.py`), in several (`processes.py`) or on a Ray cluster (`ray_cluster.py`), and always by
the same code (`workbench.py`). A folder (`folder.py`) keeps the results as schedule files
(`records.py`), for one question only (`question.py`).
"""
