# SPDX-License-Identifier: MIT
"""Points in time as people and other programs write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from kmodlab.classroom import moments


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-01T22:59:00Z",
        "2026-12-01 22:59:00",
        "2026-12-01 22:59:00.000000 UTC",
        "2026-12-01 22:59 UTC\n",
        "2026-12-01T23:59+01:00",
        "2026-12-01 23:59:00.000000 Europe/Berlin",
        "2026-12-01 14:59:00 -0800",
    ],
)
def test_one_moment_in_many_ways(text):
    assert moments.parse(text) == datetime(2026, 12, 1, 22, 59, tzinfo=UTC)


def test_without_a_zone_it_is_the_one_that_is_meant():
    tokyo = timezone(timedelta(hours=9))
    assert moments.parse("2026-12-02T07:59", tokyo) == datetime(2026, 12, 1, 22, 59, tzinfo=UTC)
    here = moments.parse("2026-12-02T07:59", None)
    assert here is not None
    assert here == datetime(2026, 12, 2, 7, 59).astimezone()


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "2026-13-01", "2026-12-01 22:59:00 ../../etc", "1 XYZ", "\x00", "9" * 99]
)
def test_what_names_no_moment_is_none(text):
    assert moments.parse(text) is None
