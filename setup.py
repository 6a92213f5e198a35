"""Compiles every Cython module under proxy/. PGWARDEN_ONLY=proxy/wire,proxy/lane limits a build to those folders."""

import os
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

ONLY = [folder for folder in os.environ.get("PGWARDEN_ONLY", "").split(",") if folder]
FLAGS = ["-O2", "-fno-strict-aliasing", "-Wno-unreachable-code"]


def extensions() -> list[Extension]:
    """One extension a .pyx, named after its place in the tree."""
    sources = sorted(str(path) for path in Path("proxy").rglob("*.pyx"))
    chosen = [source for source in sources if not ONLY or any(source.startswith(folder) for folder in ONLY)]
    return [
        Extension(source.removesuffix(".pyx").replace("/", "."), [source], extra_compile_args=FLAGS)
        for source in chosen
    ]


setup(
    ext_modules=cythonize(
        extensions(),
        build_dir="build/cython",
        compiler_directives={
            "language_level": "3",
            "boundscheck": False,
            "wraparound": False,
            "cdivision": True,
            "autotestdict": False,
            "auto_pickle": False,
            "embedsignature": False,
        },
    )
)
