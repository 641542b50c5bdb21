"""The one error that people see without a traceback."""


class LocalError(Exception):
    """Something the person at the keyboard can act on; the text says what."""
