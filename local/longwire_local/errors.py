"""The error that commands print without a traceback."""


class LocalError(Exception):
    """A failure that the user can act on; the message says how."""
