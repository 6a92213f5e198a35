#!/usr/bin/env bash
# The steps that make .venv; make calls them in order and each leaves a stamp. uv does the work where it is on PATH.
set -eu -o pipefail
cd "$(dirname "$0")/.."
readonly BIN=.venv/bin STAMPS=.venv/stamps LOG=build/environment.log
mkdir -p build

stop() {
    printf '%s\n' "$@" >&2
    exit 1
}

# Run a step quietly; where it fails, show the end of what it said and one sentence about it.
step() {
    local sentence=$1
    shift
    "$@" >"$LOG" 2>&1 || {
        tail -n 15 "$LOG" >&2
        stop "" "$sentence"
    }
}

find_python() {
    local name
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    stop "pgwarden needs Python 3.11 or later, and there is none on PATH: install one (Debian: python3, python3-venv, python3-dev)."
}

create() {
    local python
    if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$(find_python)
        echo "making .venv with $python" >&2
        rm -rf .venv
        make_venv "$python"
    fi
    mkdir -p "$STAMPS"
    touch "$STAMPS/venv"
}

make_venv() {
    if command -v uv >/dev/null; then
        step "uv could not make .venv." uv venv --quiet --python "$1" .venv
    else
        step "python -m venv does not work here: install it (Debian: the package python3-venv), or uv." "$1" -m venv .venv
    fi
}

pip_install() {
    if command -v uv >/dev/null; then
        uv pip install --quiet --python "$BIN/python" --no-deps "$@"
    else
        "$BIN/python" -m pip --disable-pip-version-check install --quiet --no-deps "$@"
    fi
}

install() {
    local lock locks=()
    for lock in "$@"; do locks+=(--requirement "requirements/$lock.lock"); done
    echo "installing the packages of ${*/%/.lock}" >&2
    step "The packages of requirements/ could not be installed: is a package index within reach (pip config list)?" \
        pip_install --require-hashes "${locks[@]}"
    for lock in "$@"; do touch "$STAMPS/$lock"; done
}

link() {
    PGWARDEN_ONLY=none step "The command .venv/bin/pgwarden could not be made." \
        pip_install --no-build-isolation --editable .
    touch "$STAMPS/command"
}

compile() {
    local include
    command -v "${CC:-cc}" >/dev/null || stop "pgwarden compiles parts of itself and finds no C compiler: install one (Debian: gcc)."
    include=$("$BIN/python" -c 'import sysconfig; print(sysconfig.get_path("include"))')
    [ -e "$include/Python.h" ] || stop "Python.h is not in $include: install Python's headers (Debian: python3-dev)."
    echo "compiling" >&2
    step "The compiled modules could not be built." "$BIN/python" setup.py --quiet build_ext --inplace --build-temp build/temp
    touch "$STAMPS/compiled"
}

"$@"
