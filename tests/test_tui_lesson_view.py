# SPDX-License-Identifier: MIT
from kmodlab.tui.widgets.lesson_view import split_at_heading

TEXT = """\
# Title

Words.

```c
#include <linux/module.h>
```

## Next

More.
"""


def test_a_text_is_parted_at_a_heading() -> None:
    first, rest = split_at_heading(TEXT, 3)
    assert rest.startswith("## Next")
    assert first + rest == TEXT


def test_a_short_text_is_not_parted() -> None:
    assert split_at_heading(TEXT, 20) == (TEXT, "")
