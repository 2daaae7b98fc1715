"""The one base of all errors that a user can mend: each message is one line with what came and what is
allowed."""


class UserError(ValueError):
    """Shown to users as it is, without a trace."""


class DatasetError(UserError):
    """Data that cannot be used. It stands here, without torch, for readers of files that the dashboard calls
    too."""
