"""What the exit code of a command says."""

WELL = 0
"""Nothing wrong."""
FINDINGS = 1
"""Done, and somebody has to look: a site is not plainly compatible, something differs or does not fit."""
BAD_INPUT = 2
"""The input or the use of the command is wrong."""
OUR_FAULT = 3
"""A fault of plangeo itself."""
