#!/usr/bin/env bash
# Write requirements/*.lock from pyproject.toml: every version with its hashes, and no address. UPGRADE=1 takes newer ones.
set -eu -o pipefail
cd "$(dirname "$0")/.."
if ! command -v uv >/dev/null; then
    echo "make lock needs uv: install it (pip install uv)." >&2
    exit 1
fi

compile() {
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
        --no-emit-index-url --no-emit-find-links ${UPGRADE:+--upgrade} "$@"
}

compile pyproject.toml --output-file requirements/runtime.lock
compile --group build --constraint requirements/runtime.lock --output-file requirements/build.lock
compile pyproject.toml --group dev --constraint requirements/runtime.lock --constraint requirements/build.lock \
    --output-file requirements/dev.lock
if grep -n '://' requirements/*.lock; then
    echo "an address stands in a lock file" >&2
    exit 1
fi
