# SPDX-License-Identifier: MIT
"""When a class has to hand in, and what being late costs: the table [late] of pack.toml."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, Field

from kmodlab.packs.model import Model, Name

Fraction = Annotated[float, Field(ge=0, le=1)]


class Late(Model):
    """The late policy: each day begun after `due` and `grace` costs `penalty` of the points, at the most `limit`."""

    due: AwareDatetime | None = None
    """When every lesson is due that `lessons` does not name."""
    lessons: Mapping[Name, AwareDatetime] = {}
    """When single lessons are due, by their ids."""
    grace: Annotated[float, Field(ge=0)] = 0
    """Minutes that nobody is late in yet."""
    penalty: Fraction = 0
    """The fraction of the points that each day begun costs."""
    limit: Fraction = 1
    """The fraction of the points that being late costs at the most."""

    def due_of(self, lesson: str) -> datetime | None:
        """When that lesson has to be handed in; None when there is all the time in the world."""
        return self.lessons.get(lesson, self.due)
