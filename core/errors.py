"""What users read when something is wrong.

    LamellaError               the text is shown as it is, in one or two sentences
    ├── FormatError            a file that cannot be read, and what to do about it
    │   └── LimitError         a file larger than the limits of ``core.settings``
    ├── ModelError             an unknown model, or weights that are missing or damaged
    ├── DataError              a data set with mistakes in it, all listed
    ├── WorkspaceError         what is kept on disk cannot be read, or nothing more can be kept
    ├── CorrectionError        a correction by hand that cannot be made
    │   └── StaleError         one that was made on an older state of the image
    └── Cancelled              the user stopped a long job

Each message says what came, what is needed and how to mend it.
"""


class LamellaError(Exception):
    """Something a user can mend; its text is written for that user."""


class FormatError(LamellaError):
    """A file that cannot be read as a micrograph."""


class LimitError(FormatError):
    """A file that is larger than the limits of ``core.settings`` allow."""


class ModelError(LamellaError):
    """A model that is unknown, or whose weights are missing or damaged."""


class DataError(LamellaError):
    """A data set with mistakes in it."""


class WorkspaceError(LamellaError):
    """A workspace that cannot be read or written, or that is full."""


class CorrectionError(LamellaError):
    """A correction by hand that cannot be made."""


class StaleError(CorrectionError):
    """A correction that was made on an older state of the image than the one that is kept."""


class Cancelled(LamellaError):  # noqa: N818 - not a mistake, so not named one
    """The user stopped a long job."""

    def __init__(self, message: str = "Stopped before the end, as asked.") -> None:
        super().__init__(message)
