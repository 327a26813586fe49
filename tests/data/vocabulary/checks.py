# SPDX-License-Identifier: MIT
"""What no expectation says."""


def two_actions(evidence):
    """Two actions were done."""
    return None if len(evidence.actions) == 2 else f"There were {len(evidence.actions)} actions."


def breaks(evidence):
    """A mistake of the pack's author."""
    return evidence.nothing_of_the_kind
