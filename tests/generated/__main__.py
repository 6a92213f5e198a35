"""make fuzz: any number of generated statements. python -m tests.generated [NUMBER] [SEED] [SERVER]

SERVER: a label of tests/servers.py (embedded, system15, or with PGWARDEN_TEST_VERSIONS a major version). What is found
is printed with the smallest statement that shows it, and the end is 1.
"""

import secrets
import sys
import tempfile
from pathlib import Path

from tests.generated.run import run
from tests.generated.stage import Found, Theatre, running_theatre
from tests.servers import DEFAULT

NUMBER = 20_000
STEP = 500


def main(number: str = str(NUMBER), start: str = "", label: str = DEFAULT[0]) -> None:
    """Runs them in steps of their own seeds, so that a long run can be gone on with."""
    seed = int(start) if start else secrets.randbelow(1_000_000)
    with (
        tempfile.TemporaryDirectory(prefix="pgw-generated-") as folder,
        running_theatre(Path(folder), label) as theatre,
    ):
        for at in range(0, int(number), STEP):
            try:
                run(theatre, min(STEP, int(number) - at), seed)
            except Found as found:
                print(f"seed {seed}, after {theatre.counts['statements']} statements:\n{found}")
                sys.exit(1)
            seed += 1
        _report(theatre, seed - 1)


def _report(theatre: Theatre, last: int) -> None:
    counts = ", ".join(f"{count} {name}" for name, count in theatre.counts.items())
    print(f"{counts}; last seed {last}. No canary left, nothing told of one, no cleared byte differed.")


if __name__ == "__main__":
    main(*sys.argv[1:])
