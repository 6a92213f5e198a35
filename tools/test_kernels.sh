#!/usr/bin/env bash
# Build a second copy of everything with the address sanitizer, and run there the tests of rooms that have compiled
# modules. PYTHONMALLOC=malloc: Python's own allocator would hide reads behind the end of small objects.
set -eu -o pipefail
cd "$(dirname "$0")/.."
readonly BIN=$PWD/$1 COPY=build/address
mkdir -p "$COPY"
rm -rf "$COPY/tests"
rooms=$(find proxy -name '*.pyx' -printf '%h\n' | cut -d/ -f2 | sort -u)

git ls-files --cached --others --exclude-standard |
    tar --create --ignore-failed-read --files-from=- | tar --extract --directory "$COPY"
cd "$COPY"
if ! PGWARDEN_SANITIZE=address "$BIN/python" setup.py --quiet build_ext --inplace --build-temp build/temp >build.log 2>&1; then
    tail -n 15 build.log >&2
    echo "The compiled modules could not be built with the address sanitizer." >&2
    exit 1
fi

tests=()
for room in $rooms; do [ -d "tests/$room" ] && tests+=("tests/$room"); done
# The interpreter itself is not sanitized: the library has to be there first, and what Python never frees is no leak.
LD_PRELOAD=$("${CC:-cc}" -print-file-name=libasan.so) PYTHONMALLOC=malloc ASAN_OPTIONS=detect_leaks=0 \
    "$BIN/python" -m pytest -q -m "not server" -p no:cacheprovider "${tests[@]}"
