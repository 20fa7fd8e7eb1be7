"""The readers of the package, each as a function of bytes that swallows only its own errors."""

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from tests.fuzz.guard import refusal

Read = Callable[[Path], object]
TARGETS: dict[str, Callable[[bytes], str | None]] = {}


@cache
def _folder() -> Path:
    """A folder for inputs, in memory where that is possible."""
    place = "/dev/shm" if Path("/dev/shm").is_dir() else None
    kept = tempfile.TemporaryDirectory(dir=place)
    _KEPT.append(kept)
    return Path(kept.name)


_KEPT: list[Any] = []


def of_file(name: str, file: str) -> Callable[[Read], Read]:
    """Register a reader of files.

    Args:
        name: Of the target.
        file: Name of the file that it is given.
    """

    def register(read: Read) -> Read:
        def target(data: bytes) -> str | None:
            path = _folder() / file
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
            return refusal(lambda: read(path))

        TARGETS[name] = target
        return read

    return register


def of_text(name: str) -> Callable[[Callable[[str], object]], Callable[[str], object]]:
    """Register a reader of a text argument."""

    def register(read: Callable[[str], object]) -> Callable[[str], object]:
        TARGETS[name] = lambda data: refusal(lambda: read(data.decode("utf-8", "ignore")))
        return read

    return register


def _round_trip(
    instance: object, dump: Callable[[Any], str], parse: Callable[[str], object]
) -> None:
    """A valid instance can be printed, written and read again."""
    str(instance).encode()
    text = dump(instance)
    text.encode()
    again = parse(text)
    assert again == instance, "an instance changes when it is written and read"


def _shop(path: Path) -> None:
    from dispatchlab.envs.jobshop.formats import dump_instance, parse_instance, read_instance

    _round_trip(
        read_instance(path),
        lambda one: dump_instance(one, "json"),
        lambda text: parse_instance(text, "json"),
    )


for _name, _file in (
    ("shop-text", "shop.txt"), ("shop-fjs", "shop.fjs"), ("shop-psplib", "shop.sm"),
    ("shop-json", "shop.json"),
):  # fmt: skip
    of_file(_name, _file)(_shop)


def _shop_schedule(path: Path) -> None:
    from dispatchlab.commands.verify import _verify_shop
    from tests.fuzz.seeds import SHOP

    instance = path.with_name("instance.jsp")
    if not instance.exists():
        instance.write_text(SHOP)
    _verify_shop(str(instance), path)


of_file("shop-schedule-json", "schedule.json")(_shop_schedule)
of_file("shop-schedule-csv", "schedule.csv")(_shop_schedule)


def _cp_model(path: Path) -> None:
    from dispatchlab.envs.jobshop.cp_model_import import from_cp_model

    str(from_cp_model(path))


of_file("cp-model-pb", "model.pb")(_cp_model)
of_file("cp-model-pbtxt", "model.pbtxt")(_cp_model)


def _soc(path: Path) -> None:
    from dispatchlab.envs.soc.formats import dump_instance, parse_instance, read_instance

    _round_trip(
        read_instance(path),
        lambda one: dump_instance(one, "json"),
        lambda text: parse_instance(text, "json"),
    )


for _name, _file in (
    ("soc-json", "chip.json"), ("soc-wfformat", "workflow.json"), ("soc-stg", "graph.stg"),
    ("soc-dot", "graph.dot"),
):  # fmt: skip
    of_file(_name, _file)(_soc)


@of_file("edge-json", "edge.json")
def _edge(path: Path) -> None:
    from dispatchlab.envs.edge.instance_files import dump_instance, parse_instance, read_instance

    _round_trip(read_instance(path), dump_instance, parse_instance)


@of_file("uam-json", "uam.json")
def _uam(path: Path) -> None:
    from dispatchlab.envs.uam.instance_files import dump_instance, parse_instance, read_instance

    _round_trip(read_instance(path), dump_instance, parse_instance)


def _stream_schedule(family: str) -> Read:
    def read(path: Path) -> None:
        from dispatchlab.commands.families import stream_commands

        commands = stream_commands(family)
        commands.is_problem(str(path))
        commands.is_schedule_file(path)
        commands.verdict(commands.read_schedule(path)).encode()

    return read


for _family in ("soc", "edge", "uam"):
    of_file(f"{_family}-schedule", f"{_family}-schedule.json")(_stream_schedule(_family))


def _trace(path: Path) -> None:
    from dispatchlab.envs.edge.trace_files import read_trace

    read_trace(path)


of_file("edge-trace-csv", "trace.csv")(_trace)
of_file("edge-trace-json", "trace.json")(_trace)


@of_file("uam-demand", "demand.csv")
def _demand(path: Path) -> None:
    from dispatchlab.envs.uam.demand_files import Bins, read_demand

    read_demand(path, ("A", "B", "C"), Bins(2, 1800, 21_600))


@of_file("train-config", "config.yaml")
def _config(path: Path) -> None:
    from dispatchlab.train.config_files import read_config, write_config

    config = read_config(path)
    assert read_config(write_config(config, path)) == config


@of_file("train-mapping", "mapping.yaml")
def _mapping(path: Path) -> None:
    from dispatchlab.train.yaml_files import load_yaml

    load_yaml(path)


@of_file("run-progress", "progress.csv")
def _progress(path: Path) -> None:
    from dispatchlab.eval.run_report.progress import read_progress

    read_progress(path).validation()


@of_file("run-resumed-csv", "resumed.csv")
def _resumed(path: Path) -> None:
    from dispatchlab.train.writers import CsvWriter

    columns = ("timesteps", "eval/small/greedy", "train/loss", "train/gradient_norm")
    CsvWriter(path, columns, keep=10_000).close()


@of_file("run-norms", "norms/progress.csv")
def _norms(path: Path) -> None:
    from dispatchlab.train.schedules.refinement import Refined

    _ = Refined(run=str(path.parent)).table


@of_file("run-curriculum", "curriculum.jsonl")
def _curriculum(path: Path) -> None:
    from dispatchlab.eval.run_report.curriculum import read_rollouts

    read_rollouts(path, 2)


@of_file("run-history", "history.jsonl")
def _history(path: Path) -> None:
    from dispatchlab.train.teachers.history import History, read_history

    read_history(path)
    History(path, keep=10_000).close()


@of_file("run-eval", "eval.json")
def _evaluation(path: Path) -> None:
    from dispatchlab.eval.run_report import record

    record._evaluation(path)
    {key: str(value) for key, value in record._json(path).items()}


@of_file("policy-json", "policy.json")
def _policy(path: Path) -> None:
    from dispatchlab.agents import load_policy
    from tests.fuzz.seeds import policy_weights

    weights = path.with_suffix(".safetensors")
    if not weights.exists():
        weights.write_bytes(policy_weights())
    load_policy(path)


@of_file("policy-weights", "weights.safetensors")
def _weights(path: Path) -> None:
    from dispatchlab.agents import load_policy
    from tests.fuzz.seeds import policy_description

    description = path.with_suffix(".json")
    if not description.exists():
        description.write_bytes(policy_description())
    load_policy(path)


@of_file("policy-layout", "layout.json")
def _layout(path: Path) -> None:
    """As `_policy`, but the fingerprint of the layout is always that of the layout."""
    import json

    from dispatchlab.agents import checkpoint, load_policy
    from tests.fuzz.seeds import policy_weights

    try:
        data = json.loads(path.read_bytes())
        data["layout_hash"] = checkpoint._layout_hash(data["layout"])
        path.write_text(json.dumps(data))
    except (ValueError, TypeError, KeyError, RecursionError):
        return
    weights = path.with_suffix(".safetensors")
    if not weights.exists():
        weights.write_bytes(policy_weights())
    load_policy(path)
