"""What can go wrong in a render. Messages are one line and name the file or segment that is the reason."""


class RenderError(Exception):
    """The video cannot be made, or a file is not what it has to be."""


class RenderCancelled(Exception):  # noqa: N818  (not an error: the caller asked for it)
    """`cancelled()` said so; nothing was left behind."""


class UnusableError(RenderError):
    """An uploaded file cannot be used. The message is the reason alone, for who sent it."""
