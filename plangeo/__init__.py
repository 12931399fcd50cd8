"""plangeo: is this project sited where the land-use plan allows it, and how sure are we?"""

from plangeo import backends
from plangeo._version import __version__
from plangeo.assessment import assess, assess_chunks, list_checks
from plangeo.errors import PlangeoError
from plangeo.explanation import explain
from plangeo.maps import make_map
from plangeo.model import Assessment, Plan, Verdict
from plangeo.report import write_report
from plangeo.rulebook import Rulebook, load_rulebook
from plangeo.samples import sample
from plangeo.sources import open_layer, read_districts, read_register, read_sites, read_zones

__all__ = [
    "Assessment",
    "Plan",
    "PlangeoError",
    "Rulebook",
    "Verdict",
    "__version__",
    "assess",
    "assess_chunks",
    "backends",
    "explain",
    "list_checks",
    "load_rulebook",
    "make_map",
    "open_layer",
    "read_districts",
    "read_register",
    "read_sites",
    "read_zones",
    "sample",
    "write_report",
]
