"""Compiles every Cython module under proxy/.

PGWARDEN_ONLY=proxy/wire,proxy/lane limits a build to those folders.
PGWARDEN_SANITIZE=address builds with that sanitizer.
"""

import os
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

ONLY = [folder for folder in os.environ.get("PGWARDEN_ONLY", "").split(",") if folder]
SANITIZE = os.environ.get("PGWARDEN_SANITIZE", "")
FLAGS = ["-O2", "-fno-strict-aliasing", "-Wno-unreachable-code"]
SANITIZER = [f"-fsanitize={SANITIZE}", "-fno-omit-frame-pointer", "-g", "-O1"] if SANITIZE else []
CORES = os.cpu_count() or 1


def extensions() -> list[Extension]:
    """One extension a .pyx, named after its place in the tree."""
    sources = sorted(path.as_posix() for path in Path("proxy").rglob("*.pyx"))
    chosen = [source for source in sources if not ONLY or any(source.startswith(folder) for folder in ONLY)]
    return [
        Extension(
            source.removesuffix(".pyx").replace("/", "."),
            [source],
            extra_compile_args=FLAGS + SANITIZER,
            extra_link_args=SANITIZER,
        )
        for source in chosen
    ]


setup(
    ext_modules=cythonize(
        extensions(),
        build_dir="build/cython",
        nthreads=CORES,
        compiler_directives={
            "language_level": "3",
            "boundscheck": False,
            "wraparound": False,
            "cdivision": True,
            "autotestdict": False,
            "auto_pickle": False,
            "embedsignature": False,
        },
    ),
    options={"build_ext": {"parallel": CORES}},
)
