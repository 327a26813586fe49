# SPDX-License-Identifier: MIT
"""Points in time as people and other programs write them."""

from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo


def parse(text: str, zone: tzinfo | None = UTC) -> datetime | None:
    """The moment that `text` names; None when it names none.

    Understood are ISO 8601, and what nbgrader writes, with the name of a time zone: `2026-12-01 23:59:00.000000 UTC`.
    Where no zone is named it is `zone`; None is that of this computer.
    """
    text = text.strip().removesuffix(" UTC")
    with suppress(ValueError, OverflowError):
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=zone).astimezone(zone)
    moment_text, _, name = text.rpartition(" ")
    with suppress(ValueError, KeyError, OSError):  # KeyError: no such zone
        return datetime.fromisoformat(moment_text).replace(tzinfo=ZoneInfo(name))
    return None
