"""Why a check ends before it has looked at everything."""


class UnusableAnswerError(Exception):
    """What came cannot be gone on with; its word is noted, unless something critical has been."""


class DoesNotApplyError(Exception):
    """The check has nothing to look at here. `reason` is a sentence, in which `{of}` stands for
    what is particular."""

    def __init__(self, reason: str, of: str = "") -> None:
        super().__init__(reason, of)
        self.reason = reason
        self.of = of
