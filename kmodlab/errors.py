# SPDX-License-Identifier: MIT
"""What can go wrong, in the user's words: one sentence, and one next step."""


class LabError(Exception):
    """The lab could not do its part; never the learner's mistake.

    `message` says what happened, `hint` what to do about it. The faces show both and nothing else.
    """

    exit_status = 3

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(LabError):
    """Something that the user named does not exist or makes no sense."""

    exit_status = 2


class CancelledError(LabError):
    """The user stopped the work; nothing is wrong."""

    exit_status = 130

    def __init__(self) -> None:
        super().__init__("Cancelled.", hint="Start it again whenever you like.")
