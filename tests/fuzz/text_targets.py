"""The readers of text arguments, registered beside those of files."""

from typing import Any

from dispatchlab.envs.core.ranges import parse_options
from tests.fuzz.targets import TARGETS, of_text

FAMILIES = ("jobshop", "soc", "edge", "uam")


def _module(family: str, room: str) -> Any:  # noqa: ANN401 (a module)
    from importlib import import_module

    return import_module(f"dispatchlab.envs.{family}.{room}")


@of_text("text-options")
def _options(text: str) -> None:
    parse_options("random", text)


for _family in FAMILIES:
    of_text(f"text-instance-{_family}")(
        lambda text, family=_family: str(_module(family, "library").load_instance(text)).encode()
    )
    of_text(f"text-generator-{_family}")(
        lambda text, family=_family: _module(family, "generator").make_generator(text)
    )


@of_text("text-problems")
def _problems(text: str) -> None:
    from dispatchlab.commands.inputs import common_family, load_problems, schedule_family

    schedule_family(text)
    family, _ = common_family([text])
    if family == "job-shop":
        load_problems([text])


@of_text("text-seeds")
def _seeds(text: str) -> None:
    from dispatchlab.commands.inputs import parse_seeds

    parse_seeds(text)


@of_text("text-points")
def _points(text: str) -> None:
    from dispatchlab.eval.stream_cases import parse_points

    parse_points(text.split(";"))


@of_text("text-methods")
def _methods(text: str) -> None:
    from dispatchlab.eval.methods.parse import make_methods

    make_methods(text.split(","))


@of_text("text-methods-soc")
def _methods_soc(text: str) -> None:
    from dispatchlab.eval.methods.parse_soc import make_soc_methods

    make_soc_methods([text])


@of_text("text-methods-edge")
def _methods_edge(text: str) -> None:
    from dispatchlab.eval.methods.parse_edge import make_edge_methods

    make_edge_methods([text])


@of_text("text-methods-uam")
def _methods_uam(text: str) -> None:
    from dispatchlab.eval.methods.parse_uam import make_uam_methods

    make_uam_methods([text])


@of_text("text-teacher")
def _teacher(text: str) -> None:
    from dispatchlab.train.teachers.registry import check_teacher

    check_teacher(text)


@of_text("text-schedule")
def _schedule(text: str) -> None:
    from dispatchlab.train.schedules import parse_schedule

    parse_schedule(text)


@of_text("text-discount")
def _discount(text: str) -> None:
    from dispatchlab.train.discount_settings import parse_discount

    parse_discount(text)


@of_text("text-overrides")
def _overrides(text: str) -> None:
    from dispatchlab.train.config import TrainConfig

    TrainConfig().override(text.split(";"))


__all__ = ["TARGETS"]
