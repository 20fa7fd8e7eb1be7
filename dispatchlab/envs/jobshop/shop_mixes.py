"""Named arguments of `RandomJobShop` that resemble benchmark sets of flexible job shops.

P. Brandimarte, "Routing and scheduling in a flexible job shop by tabu search", Annals of Operations
Research 41 (1993) 157-183: ``brandimarte``, like mk01 to mk15.

J. Hurink, B. Jurisch and M. Thole, "Tabu search for the job-shop scheduling problem with
multi-purpose machines", OR Spektrum 15 (1994) 205-215: ``edata``, ``rdata`` and ``vdata``, like the
instances made of la01 to la40.

W. Song, X. Chen, Q. Li and Z. Cao, "Flexible job-shop scheduling via graph neural network and deep
reinforcement learning", IEEE Transactions on Industrial Informatics 19 (2023) 1600-1610: ``sd1``.

R. Wang, G. Wang, J. Sun, F. Deng and J. Chen, "Flexible job shop scheduling via dual attention
network-based reinforcement learning", IEEE Transactions on Neural Networks and Learning Systems
(2023): ``sd2``, with the name SD1 for the former.
"""

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.core.ranges import Range

Mix = dict[str, Range]

_LAWRENCE: Mix = {"num_jobs": (10, 30), "num_machines": (5, 15), "duration_low": 5}
_SONG: Mix = {
    "num_jobs": (10, 20), "num_machines": (5, 10), "revisits": 1.0, "flexibility_share": 0.5,
}  # fmt: skip

MIXES: dict[str, Mix] = {
    "brandimarte": {
        "num_jobs": (10, 30), "num_machines": (4, 15), "num_operations": (5, 12),
        "operations_spread": (0.0, 0.3), "duration_low": (1, 10), "duration_high": (10, 30),
        "revisits": 1.0, "operation_types": (14, 30), "flexibility": (1.4, 3.5),
        "unrelated_times": 1.0,
    },
    # Alternatives take as long as the machine of the classic instance.
    "edata": _LAWRENCE | {"flexibility": 1.15},
    "rdata": _LAWRENCE | {"flexibility": 2.0},
    "vdata": _LAWRENCE | {"flexibility_share": 0.43},
    "sd1": _SONG | {"operations_spread": 0.2, "duration_high": 20, "machine_spread": 0.2},
    "sd2": _SONG | {"unrelated_times": 1.0},
}  # fmt: skip


def named_mix(spec: str, name: str) -> Mix:
    """The arguments of a mix.

    Args:
        spec: What the user gave as a whole, for the error message.
        name: Name of the mix.

    Returns:
        Arguments of `RandomJobShop`.

    Raises:
        InvalidInstanceError: If there is no such mix.
    """
    if name.lower() not in MIXES:
        raise InvalidInstanceError(
            f"The generator {spec!r} begins with {name!r}, which is no mix; choose one of "
            f"{', '.join(MIXES)}, or write name=value."
        )
    return MIXES[name.lower()]
