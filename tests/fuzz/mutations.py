"""Small changes of an input: bytes, tokens, lines, and values inside JSON."""

import json
import random
import re
from collections.abc import Callable, Iterable
from typing import Any

Box = Any  # a list or an object of JSON
Key = Any  # an index or a name
DEEP = "@deep@"
DEEPER = "@deeper@"
NESTED = {
    f'"{DEEP}"': "[" * 900 + "]" * 900,
    f'"{DEEPER}"': '{"a":' * 20_000 + "1" + "}" * 20_000,
}
NUMBERS = (
    "0", "-0", "-1", "1", "0.5", "1e308", "1e400", "-1e400", "1e-320", "nan", "NaN", "inf",
    "Infinity", "-Infinity", "2147483648", "4611686018427387903", "9223372036854775807",
    "9223372036854775808", "18446744073709551615", "1000000000", "9" * 18, "9" * 30, "9" * 400,
    "9" * 5000, "1_0", "0x10", "٣", "²", "1e9999999", "00", "+1",
)  # fmt: skip
TOKENS = (
    *NUMBERS, "null", "true", "[]", "{}", '""', '"\\ud800"', "\x00", "\r", "\n", "\u2028", "\x1c",
    '"', "'", ",", ":", "=", "|", "+", "-", "#", "\\", "a" * 3000, " " * 3000, "\n" * 3000,
    "[" * 1200, "{" * 1200, "&a [*a, *a]", "!!int x", "!!timestamp x", "2001-99-99",
    "é", "\x1b[2J", "1" * 3000 + "x",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 0.5, -0.0, 1e308, 5e-324, 2**31, 2**53, 2**62 - 1, 2**62, 2**63,
    10**400, float("nan"), float("inf"), -float("inf"), "", "\ud800", "a" * 5000, "inf", "nan", "²",
    "a\nb", [], {}, [[]], [0], [0] * 100, {"a": 1}, DEEP, DEEPER, 10**9, 10**15,
)  # fmt: skip
_NUMBER = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?")


def mutate(data: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    """One to four changes of an input.

    Args:
        data: The input.
        rng: The source of chance.
        others: Inputs to splice with.
    """
    for _ in range(rng.choice((1, 1, 2, 4))):
        change: Callable[..., bytes] = rng.choice(
            (_json, _json, _json, _number, _number, _token, _lines, _bytes, _cut, _repeat)
        )
        data = change(data, rng)
    if others and rng.random() < 0.05:
        other = rng.choice(others)
        data = data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]
    return data


def _json(data: bytes, rng: random.Random) -> bytes:
    """Replace, drop, double or move a value; what is no JSON gets another number."""
    try:
        tree = json.loads(data)
        places: list[tuple[Box, Key]] = []
        _collect(tree, places)
    except (ValueError, RecursionError):
        return _number(data, rng)
    if not places:
        return json.dumps(rng.choice(VALUES)).encode()
    # shallow places are few, but matter as much as the many numbers of tables
    box, key = rng.choice(places if rng.random() < 0.5 else places[: 1 + len(places) // 8])
    _change(box, key, rng, places)
    try:
        text = json.dumps(tree)
    except (ValueError, RecursionError):
        return data
    for marker, nested in NESTED.items():
        text = text.replace(marker, nested, 1)
    return text.encode()


def _change(box: Box, key: Key, rng: random.Random, places: list[tuple[Box, Key]]) -> None:
    kind = rng.randrange(8)
    other, name = rng.choice(places)
    if kind == 0:
        del box[key]
    elif kind == 1 and isinstance(box, list):
        box.insert(key, box[key])
    elif kind == 2:
        box[key] = json.loads(json.dumps(other[name])) if name in _keys(other) else 0
    elif kind == 3 and isinstance(box, dict):
        box[rng.choice(("", "name", "\ud800", "x" * 500, str(key)[:-1]))] = box.pop(key)
    elif kind == 4 and isinstance(box[key], list):
        box[key] = box[key] * rng.choice((0, 2, 3))
    elif kind == 5 and isinstance(box[key], int | float):
        # Not every whole number can be a float.
        step = rng.choice((-1, 1, 0.5)) if abs(box[key]) < 1e300 else rng.choice((-1, 1))
        box[key] = box[key] + step if rng.random() < 0.5 else -box[key]
    else:
        box[key] = rng.choice(VALUES)


def _keys(box: Box) -> Iterable[Key]:
    return box if isinstance(box, dict) else range(len(box))


def _collect(tree: object, places: list[tuple[Box, Key]]) -> None:
    """Every value's container and key, shallow ones first."""
    level = [tree]
    while level:
        inner = []
        for box in level:
            if isinstance(box, dict | list):
                for key in _keys(box):
                    places.append((box, key))
                    inner.append(box[key])
        level = inner


def _number(data: bytes, rng: random.Random) -> bytes:
    found = list(_NUMBER.finditer(data))
    if not found:
        return _token(data, rng)
    # counts stand at the beginning
    match = rng.choice(found if rng.random() < 0.5 else found[:4])
    new = rng.choice(NUMBERS)
    if rng.random() < 0.3:
        new = str(int(float(match[0])) + rng.choice((-1, 1))) if len(match[0]) < 300 else "1"
    return data[: match.start()] + new.encode() + data[match.end() :]


def _token(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice(TOKENS).encode("utf-8", "surrogatepass") + data[at:]


def _lines(data: bytes, rng: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    if not lines:
        return data
    at, to = rng.randrange(len(lines)), rng.randrange(len(lines) + 1)
    line = lines[at] if rng.random() < 0.5 else lines.pop(at)
    lines.insert(to, line)
    return b"".join(lines)


def _bytes(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data or b"0")
    for _ in range(rng.choice((1, 1, 3))):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def _cut(data: bytes, rng: random.Random) -> bytes:
    at, to = sorted((rng.randrange(len(data) + 1), rng.randrange(len(data) + 1)))
    return data[:at] if rng.random() < 0.3 else data[:at] + data[to:]


def _repeat(data: bytes, rng: random.Random) -> bytes:
    at, to = sorted((rng.randrange(len(data) + 1), rng.randrange(len(data) + 1)))
    piece = data[at : min(to, at + 200)]
    return data[:to] + piece * rng.choice((1, 2, 300)) + data[to:]
