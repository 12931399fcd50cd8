"""A program that kills writers of a result at every step, or lets their disk fill, and tells as JSON what was left each time.

Run by test_publication.py in a process of its own: each trial is a fork that ends by kill −9, or at a size limit.
Every step is a change of the file system that Python makes (an audit event); what native writers do falls between two of them.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from plangeo import assess
from plangeo.delivery import publication
from plangeo.errors import PlangeoError
from plangeo.manifest import is_output
from plangeo.report import write_outputs
from tests.makers import rulebook, site, sites, square, zones

CHANGES = {
    "os.rename",
    "os.remove",
    "os.mkdir",
    "os.rmdir",
    "os.link",
    "os.truncate",
    "os.chmod",
    "plangeo.exchange",
    "shutil.rmtree",
}
FOREIGN = {"notes.txt": "mine", "sub/inner.txt": "also mine"}


class Kill:
    """An audit hook that ends the process before the step of a number; ``None`` only counts."""

    def __init__(self, root: Path, at: int | None) -> None:
        self.root, self.at, self.count = str(root), at, 0
        sys.addaudithook(self)

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = args
            if not (isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)):
                return
        elif event in CHANGES:
            path = args[0]
        else:
            return
        if self.root in str(path):
            if self.count == self.at:
                os.kill(os.getpid(), signal.SIGKILL)
            self.count += 1


def forked(work: Callable[[], None]) -> bool:
    """Do the work in a fork; say whether it was killed."""
    child = os.fork()
    if child == 0:
        code = 9
        try:
            work()
            code = 0
        except PlangeoError as told:
            code = 7 if told.code in ("disk_full", "output_unwritable", "output_incomplete") else 8
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    exits.append(-os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
    return os.WIFSIGNALED(status)


exits: list[int] = []


def content(folder: Path) -> dict[str, str]:
    files = (p for p in folder.rglob("*") if p.is_file() and p.name != publication.JOURNAL)
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


class Trials:
    def __init__(self, root: Path) -> None:
        self.root, self.folder = root / "work", root / "work" / "out"
        self.saved = {"old": root / "old", "new": root / "new"}
        plan = zones(("z", "PNN", square(0, 0, 500), "P1"), ("y", "LUC", square(500, 0, 500), "P1"))
        one, two = sites(site("a", square(10, 10, 50))), sites(site("a", square(510, 10, 50)), site("b", None))
        self.runs = {name: assess(found, rulebook(), on="2025-07-01", zones=plan) for name, found in (("old", one), ("new", two))}
        for name, path in self.saved.items():
            write_outputs(self.runs[name], path, extra={"map.html": f"{name}</html>"} if name == "old" else None)
            for inner, text in FOREIGN.items():
                (path / inner).parent.mkdir(exist_ok=True)
                (path / inner).write_text(text)
        self.known = {name: content(path) for name, path in self.saved.items()}

    def reset(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir()
        shutil.copytree(self.saved["old"], self.folder)

    def state(self) -> str:
        found = content(self.folder)
        return next((name for name, known in self.known.items() if found == known), f"mixed: {sorted(found)}")

    def write(self) -> None:
        write_outputs(self.runs["new"], self.folder)

    def publish(self) -> None:
        """The last part of ``write`` alone, from a draft that is copied ready."""
        with publication.drafted(self.folder) as draft:
            names = [name for name in self.known["new"] if name not in FOREIGN]
            for name in names:
                shutil.copy(self.saved["new"] / name, draft / name)
            publication.publish(draft, self.folder, names, drop=["map.html"])

    def steps(self, work: Callable[[], None]) -> int:
        self.reset()
        before, after = os.pipe()

        def counted() -> None:
            kill = Kill(self.root, None)
            work()
            os.write(after, str(kill.count).encode())

        forked(counted)
        return int(os.read(before, 20))

    def killed_at(self, work: Callable[[], None], step: int) -> bool:
        def killed() -> None:
            Kill(self.root, step)
            work()

        return forked(killed)


def sweep_writing(trials: Trials, kills: int) -> list[str]:
    """Kill a whole writing at ``kills`` moments, evenly from its first step to its last; what the folder then holds, unhelped."""
    count = trials.steps(trials.write)
    found = []
    for n in range(kills):
        trials.reset()
        assert trials.killed_at(trials.write, n * (count - 1) // (kills - 1))
        found.append(trials.state())
    return found


def sweep_publishing(trials: Trials) -> list[list[str]]:
    """Kill the publication at its every step; what is left, what plangeo makes of it, and what the next run makes and leaves."""
    found = []
    for step in range(trials.steps(trials.publish)):
        trials.reset()
        assert trials.killed_at(trials.publish, step)
        journal = (trials.folder / publication.JOURNAL).exists()
        raw = trials.state()
        assert is_output(trials.folder)
        seen = trials.state()
        assert not forked(trials.publish)
        left = sorted(p.name for p in trials.root.iterdir())
        found.append(["journal" if journal else raw, seen, trials.state(), *left])
    return found


def sweep_recovery(trials: Trials, chosen: int) -> list[str]:
    """Kill the publication at ``chosen`` steps under its journal, then the recovery from each at every step of its own."""
    count, found = trials.steps(trials.publish), []
    for step in range(count - 1, 0, -max(1, count // (3 * chosen))):
        trials.reset()
        trials.killed_at(trials.publish, step)
        if not (trials.folder / publication.JOURNAL).exists():
            continue
        again, more = 0, True
        while more:
            trials.reset()
            trials.killed_at(trials.publish, step)
            more = trials.killed_at(lambda: publication.recover(trials.folder), again)
            publication.recover(trials.folder)
            found.append(trials.state())
            again += 1
        chosen -= 1
        if chosen == 0:
            break
    return found


def sweep_full_disk(trials: Trials, sizes: list[int]) -> list[str]:
    """Write while no file may grow beyond a size."""
    found = []
    for size in sizes:
        trials.reset()

        def limited(size: int = size) -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
            trials.write()

        forked(limited)
        found.append(trials.state() + " " + " ".join(sorted(p.name for p in trials.root.iterdir())))
    return found


def main() -> None:
    what, root = sys.argv[1], Path(sys.argv[2])
    if what == "journal":
        publication._can_exchange = lambda folder: False  # as on Windows
    trials = Trials(root)
    told: dict[str, Any] = {}
    if what == "exchange":
        told = {"writing": sweep_writing(trials, 20), "publishing": sweep_publishing(trials)}
    elif what == "journal":
        told = {"publishing": sweep_publishing(trials), "recovery": sweep_recovery(trials, 4)}
    else:
        largest = max(p.stat().st_size for p in trials.saved["new"].iterdir() if p.is_file())
        sizes = [0, *(int(largest * n / 8) + n for n in range(1, 9)), *(4**n for n in range(2, 7)), 2 * largest]
        told = {"full": sweep_full_disk(trials, sizes), "exits": exits}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
