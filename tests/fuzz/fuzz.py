"""Fuzz one parser with atheris: ``python -m tests.fuzz.fuzz TARGET [SECONDS]`` (``pip install plangeo[fuzz]``).

Reads what is kept in ``tests/fuzz/corpus/TARGET``, writes new inputs to ``out/fuzz/TARGET`` and stops at the first find, whose
bytes stand in ``out/fuzz/crash-…``. Put them, under a name that says what they show, into the kept corpus: the tests replay it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.fuzz.targets import TARGETS, run

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Fuzz until the time is over."""
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        print(f"usage: python -m tests.fuzz.fuzz TARGET [SECONDS]; targets: {', '.join(TARGETS)}")
        return 2
    import atheris

    name, seconds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 60
    new = ROOT / "out" / "fuzz" / name
    new.mkdir(parents=True, exist_ok=True)
    for module in [m for n, m in sys.modules.items() if n.split(".")[0] == "plangeo"]:
        for thing in vars(module).values():
            if getattr(thing, "__module__", "") == module.__name__ and type(thing).__name__ == "function":
                atheris.instrument_func(thing)
    options = [
        f"-max_total_time={seconds}",
        "-timeout=20",
        "-rss_limit_mb=3000",
        "-max_len=4096",
        f"-artifact_prefix={new.parent}/",
    ]
    atheris.Setup([sys.argv[0], *options, str(new), str(ROOT / "tests" / "fuzz" / "corpus" / name)], lambda data: run(name, data))
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
