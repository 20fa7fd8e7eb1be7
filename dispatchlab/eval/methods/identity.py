"""What tells policies apart, wherever their files lie."""

import hashlib
import json
from typing import Any


def policy_digest(policy: Any) -> str:  # noqa: ANN401 (a `LearnedPolicy`, which needs torch)
    """Hash the weights of a policy, and what was saved with them.

    Args:
        policy: A `LearnedPolicy`.

    Returns:
        64 hexadecimal digits.
    """
    digest = hashlib.sha256(json.dumps(policy.meta, sort_keys=True, default=str).encode())
    for name, weights in sorted(policy.network.state_dict().items()):
        array = weights.detach().cpu().contiguous().numpy()
        digest.update(f"|{name}:{array.dtype.str}:{array.shape}:".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
