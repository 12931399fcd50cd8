"""The questions asked of every site: one file, one CHECK. Table logic only, no geometry."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping

from plangeo.model import Check


def _found() -> Mapping[str, Check]:
    modules = sorted(m.name for m in pkgutil.iter_modules(__path__))
    checks = [importlib.import_module(f"{__name__}.{name}").CHECK for name in modules]
    return {check.code: check for check in checks}


CHECKS: Mapping[str, Check] = _found()
"""Code → check, in alphabetical order; dropping a file into this folder is all it takes."""

ESSENTIAL = ("coverage", "geometry", "plan_in_force", "robustness", "zone_use")
"""Without each of these no site can be called permitted: a question not asked is not consent."""
