"""write_hub_folder: a policy in the layout of the Hugging Face hub, without a network."""

from pathlib import Path

from dispatchlab.agents.cards import front_matter, make_card
from dispatchlab.agents.checkpoint import contents
from dispatchlab.agents.checkpoint_files import HUB_FILES
from dispatchlab.agents.inference import LearnedPolicy
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.files import write_atomically

CARD = "README.md"


def check_hub_folder(folder: str | Path) -> None:
    """Refuse a folder that holds anything.

    Args:
        folder: The folder; it may be missing.

    Raises:
        DispatchlabError: If something is in it, or in its way.
    """
    path = Path(folder)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise DispatchlabError(
            f"{str(path)!r} is there already and not an empty folder: name a new one."
        )


def write_hub_folder(
    policy: LearnedPolicy,
    folder: str | Path,
    name: str,
    card: str = "",
    seconds: float | None = None,
) -> tuple[Path, ...]:
    """Write ``model.safetensors``, ``config.json`` and the model card ``README.md``.

    `load_policy` loads the folder; ``huggingface-cli upload`` or git takes it to the hub.

    Args:
        policy: The policy.
        folder: A folder to be made.
        name: Name of the policy, for the card.
        card: Text of the card; by default made of what the policy tells about its training.
        seconds: Wall time of the training, which a policy does not tell.

    Returns:
        The files.

    Raises:
        DispatchlabError: If the folder holds something or cannot be written.
    """
    check_hub_folder(folder)
    path = Path(folder)
    content = contents(policy, policy.meta)
    text = front_matter(name, policy.family) + (card or make_card(name, policy, seconds))
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DispatchlabError(
            f"Cannot make the folder {str(path)!r}: {error.strerror}; choose another path."
        ) from error
    parts: dict[str, str | bytes] = {
        HUB_FILES[0]: content.weights,
        HUB_FILES[1]: content.description,
        CARD: text,
    }
    written: list[Path] = []
    try:
        for file, data in parts.items():
            written.append(write_atomically(path / file, data))
    except DispatchlabError:
        for part in written:
            part.unlink(missing_ok=True)
        raise
    return tuple(written)
