"""plangeo: is this project sited where the land-use plan allows it, and how sure are we?

The public names; each is loaded when it is first used, so that ``plangeo --help`` answers at once.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plangeo import backends
    from plangeo._version import __version__
    from plangeo.assessment import assess, assess_chunks, list_checks
    from plangeo.chronicle.timeline import compare_dates
    from plangeo.errors import PlangeoError
    from plangeo.explanation import explain
    from plangeo.maps import make_map
    from plangeo.model import Assessment, Plan, Verdict
    from plangeo.papers.sheets import write_sheets
    from plangeo.reconciling.reconciliation import reconcile
    from plangeo.report import write_report
    from plangeo.rulebook import Rulebook, load_rulebook
    from plangeo.samples import sample
    from plangeo.sources import open_layer, read_districts, read_register, read_sites, read_zones
    from plangeo.stream import assess_to
    from plangeo.studies import add_studies
    from plangeo.study import StudyFile, sheet_of

__all__ = [
    "Assessment",
    "Plan",
    "PlangeoError",
    "Rulebook",
    "StudyFile",
    "Verdict",
    "__version__",
    "add_studies",
    "assess",
    "assess_chunks",
    "assess_to",
    "backends",
    "compare_dates",
    "explain",
    "list_checks",
    "load_rulebook",
    "make_map",
    "open_layer",
    "read_districts",
    "read_register",
    "read_sites",
    "read_zones",
    "reconcile",
    "sample",
    "sheet_of",
    "write_report",
    "write_sheets",
]

_HOME = {
    "_version": ("__version__",),
    "assessment": ("assess", "assess_chunks", "list_checks"),
    "chronicle.timeline": ("compare_dates",),
    "errors": ("PlangeoError",),
    "explanation": ("explain",),
    "maps": ("make_map",),
    "model": ("Assessment", "Plan", "Verdict"),
    "reconciling.reconciliation": ("reconcile",),
    "papers.sheets": ("write_sheets",),
    "report": ("write_report",),
    "rulebook": ("Rulebook", "load_rulebook"),
    "samples": ("sample",),
    "sources": ("open_layer", "read_districts", "read_register", "read_sites", "read_zones"),
    "stream": ("assess_to",),
    "studies": ("add_studies",),
    "study": ("StudyFile", "sheet_of"),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}


def __getattr__(name: str) -> Any:
    if name == "backends":
        return import_module("plangeo.backends")
    if name not in _MODULE_OF:
        raise AttributeError(f"plangeo has no public name {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"plangeo.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return __all__
