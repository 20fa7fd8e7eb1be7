#!/usr/bin/env bash
# Build a release and try it out as a user would; nothing is uploaded. Run it by `make release`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
PYTHON="${PYTHON:-.venv/bin/python}"

refuse() {
    echo "No release: $1" >&2
    exit 2
}

check_tree() {
    [ -z "$(git status --porcelain)" ] || refuse "the working tree is not clean; commit first."
}

# Version and date must be the same wherever they stand.
check_versions() {
    local citation changelog
    version="$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)"
    citation="$(sed -n 's/^version: *//p' CITATION.cff) of $(sed -n 's/^date-released: *//p' CITATION.cff)"
    changelog="$(sed -n "s/^## \[$version\] - \([0-9-]*\)\$/$version of \1/p" CHANGELOG.md)"
    [ -n "$changelog" ] || refuse "CHANGELOG.md has no section '## [$version] - YYYY-MM-DD'; write it."
    [ "$citation" = "$changelog" ] || refuse "CITATION.cff has $citation, CHANGELOG.md $changelog."
    ! git rev-parse -q --verify "refs/tags/v$version" > /dev/null \
        || [ "$(git rev-list -n 1 "v$version")" = "$(git rev-parse HEAD)" ] \
        || refuse "the tag v$version is on another commit; raise the version."
}

build() {
    rm -rf dist
    "$PYTHON" -m build --no-isolation > /dev/null || refuse "the build failed."
    wheel="$PWD/dist/dispatchlab-$version-py3-none-any.whl"
    [ -f "$wheel" ] || refuse "there is no $wheel; its name tells a version that is not $version."
}

# A fresh environment and an empty folder, so that nothing is taken from the repository.
enter_fresh_room() {
    room="$(mktemp -d)"
    trap 'rm -rf "$room"' EXIT
    constraints="$PWD/constraints.txt"
    "$PYTHON" -m venv "$room/venv"
    mkdir "$room/empty"
    cd "$room/empty"
    PATH="$room/venv/bin:$PATH"
}

install() {
    python -m pip install --quiet --disable-pip-version-check ${CONSTRAINTS--c "$constraints"} "$@"
}

try_core() {
    echo "Without extras:"
    install "$wheel"
    python - <<'PYTHON'
import sys

import dispatchlab

heavy = {"numba", "torch", "ortools", "simpy", "matplotlib", "plotly"} & set(sys.modules)
assert not heavy, f"import dispatchlab loads {heavy}"
assert "site-packages" in dispatchlab.__file__, dispatchlab.__file__

import gymnasium as gym

from dispatchlab.baselines.dispatchers import PriorityRule
from dispatchlab.baselines.rollout import run_dispatcher
from dispatchlab.envs.core.registry import ENVIRONMENTS

for record in ENVIRONMENTS:
    gym.make(record.id).close()
problem = dispatchlab.load_instance("ft06")
[result] = run_dispatcher(PriorityRule("mwkr"), [(problem, None)])
dispatchlab.verify(problem, None, result.schedule, objective=result.objective)
print(f"{len(ENVIRONMENTS)} environments are made; mwkr on ft06: {result.objective:g}")
PYTHON
    dispatchlab --version
    dispatchlab --help > help.txt
    dispatchlab evaluate job-shop --instances ft06 --methods spt
    if dispatchlab solve ft06 --method cp-sat 2> missing.txt; then
        refuse "cp-sat ran without its extra."
    fi
    grep -q solvers missing.txt || refuse "the error does not name the extra: $(cat missing.txt)"
}

try_agents() {
    echo "With the extras agents and solvers:"
    install "$wheel[agents,solvers]"
    dispatchlab evaluate job-shop --instances ft06 --time-limit 5 \
        --methods lookahead,agent=job-shop-classic,cp-sat
}

check_tree
check_versions
build
(enter_fresh_room; try_core; try_agents)
echo "dispatchlab $version is ready; nothing was uploaded."
cd dist && sha256sum ./*
