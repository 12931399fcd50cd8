"""The error family: faults in *use* raise one of these; faults in *data* are rows.

    PlangeoError
    ├── InputError        (ValueError)   file unreadable, format unknown
    │   ├── TableError                   columns or values break the contract
    │   └── CrsError                     missing, or not convertible to metres here
    ├── RulebookError     (ValueError)   rule, plan, date or condition malformed or contradictory
    ├── ProfileError      (KeyError)     unknown profile
    ├── LayerError        (ValueError)   unknown or missing layer for a check
    └── MissingDependency (ImportError)  says the extra to install
    PlangeoWarning        (UserWarning)

Every message says what is wrong, where (file, sheet, row, column), why it matters and how to mend it.
"""

from __future__ import annotations


class PlangeoError(Exception):
    """Any fault of use that plangeo can name."""


class InputError(PlangeoError, ValueError):
    """A file cannot be read, or its format is not known."""


class TableError(InputError):
    """Columns or values of a table break the contract; all faults of the table in one message."""


class CrsError(InputError):
    """The coordinate reference system is missing, or cannot be converted to metres here."""


class RulebookError(PlangeoError, ValueError):
    """A rule, plan, date or condition of the rulebook is malformed or contradictory."""


class ProfileError(PlangeoError, KeyError):
    """The named profile does not exist or is malformed."""

    def __str__(self) -> str:  # KeyError would show the repr of the message
        return str(self.args[0]) if self.args else ""


class LayerError(PlangeoError, ValueError):
    """A layer is unknown to every check, or missing where it was asked for."""


class MissingDependency(PlangeoError, ImportError):
    """An optional package is needed; the message names the extra to install."""


class PlangeoWarning(UserWarning):
    """Something an officer should read, that does not stop the work."""
