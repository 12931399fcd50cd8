"""The error family: faults in *use* raise one of these; faults in *data* are rows.

    PlangeoError
    ├── InputError        (ValueError)   file unreadable, format unknown
    │   ├── TableError                   columns or values break the contract
    │   ├── CrsError                     missing, or not convertible to metres here
    │   ├── SeveralLayers                none of a file's layers was named
    │   └── BudgetSpent                  a run took more than it may
    ├── RulebookError     (ValueError)   rule, plan, date or condition malformed or contradictory
    ├── ProfileError      (KeyError)     unknown profile
    ├── LayerError        (ValueError)   unknown or missing layer for a check
    └── MissingDependency (ImportError)  says the extra to install
    PlangeoWarning        (UserWarning)

Every message says what is wrong, where (file, sheet, row, column), why it matters and how to mend it.
"""

from __future__ import annotations


class PlangeoError(Exception):
    """Any fault of use that plangeo can name.

    ``code`` is its permanent name, e.g. ``file_empty``: what it means and what to do is looked up by it.

    >>> InputError("list.xlsx is empty (0 bytes)", code="file_empty").code
    'file_empty'
    >>> InputError("list.xlsx cannot be read").code
    'input_unreadable'
    """

    code = "fault"

    def __init__(self, *said: object, code: str | None = None) -> None:
        super().__init__(*said)
        if code is not None:
            self.code = code


class InputError(PlangeoError, ValueError):
    """A file cannot be read, or its format is not known."""

    code = "input_unreadable"


class TableError(InputError):
    """Columns or values of a table break the contract; all faults of the table in one message."""

    code = "table_breaks_contract"


class CrsError(InputError):
    """The coordinate reference system is missing, or cannot be converted to metres here."""

    code = "crs_unusable"


class SeveralLayers(InputError):
    """A file holds several layers and none was named; ``names`` lists them."""

    code = "part_not_chosen"

    def __init__(self, message: str, names: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.names = names


class BudgetSpent(InputError):
    """A run took more than it may; everything cleans up behind itself as when somebody stops it."""

    code = "budget_time_spent"


class RulebookError(PlangeoError, ValueError):
    """A rule, plan, date or condition of the rulebook is malformed or contradictory."""

    code = "rulebook_malformed"


class ProfileError(PlangeoError, KeyError):
    """The named profile does not exist or is malformed."""

    code = "profile_unknown"

    def __str__(self) -> str:  # KeyError would show the repr of the message
        return str(self.args[0]) if self.args else ""


class LayerError(PlangeoError, ValueError):
    """A layer is unknown to every check, or missing where it was asked for."""

    code = "layer_unknown"


class MissingDependency(PlangeoError, ImportError):
    """An optional package is needed; the message names the extra to install."""

    code = "package_missing"


class PlangeoWarning(UserWarning):
    """Something an officer should read, that does not stop the work; ``code`` as of a fault."""

    code = "note"

    def __init__(self, *said: object, code: str | None = None) -> None:
        super().__init__(*said)
        if code is not None:
            self.code = code
