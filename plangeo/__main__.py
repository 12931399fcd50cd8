"""``python -m plangeo`` is the same as ``plangeo``."""

from plangeo.cli import main

if __name__ == "__main__":
    main()
