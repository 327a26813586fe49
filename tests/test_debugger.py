# SPDX-License-Identifier: MIT
"""gdb on a real machine: stopping in a module, reading it, changing it."""

import shutil
from pathlib import Path

import pytest

from kmodlab.errors import LabError, UsageError
from kmodlab.machines.machine import CommandResult
from kmodlab.session import Session

HELLO = b"""// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/module.h>

static int times = 3;

static noinline void greet(int step)
{
	pr_info("greeted %d times\\n", times);
	times += step;
}

static int __init hello_init(void)
{
	greet(5);
	return 0;
}

static void __exit hello_exit(void)
{
	pr_info("farewell after %d\\n", times);
}

module_init(hello_init);
module_exit(hello_exit);
MODULE_LICENSE("GPL");
"""
SCRIPT = """\
break greet
continue
if times != 3 || step != 5
  quit 9
end
set var times = 42
break hello_exit
continue
set var times = 77
continue
quit 4
"""
needs_gdb = pytest.mark.skipif(shutil.which("gdb") is None, reason="gdb is not installed")


@needs_gdb
def test_gdb_stops_in_init_and_exit_and_what_it_changes_the_module_logs(
    session: Session, tmp_path: Path
) -> None:
    script = tmp_path / "commands"
    script.write_text(SCRIPT)
    told: list[tuple[str, int, bytes]] = []

    def tell(title: str, result: CommandResult) -> None:
        told.append((title, result.status, b"" if title == "insmod hello" else result.stdout))

    with session.debugger({"hello.c": HELLO}, ["hello"], {"word": b"beside it"}) as debugger:
        status = debugger.run(["cat /root/word", "rmmod hello"], script, tell)
        lines = [record.text for record in debugger.log() if not record.is_benign]
    assert (
        status == 4
    )  # of the last line: each `continue` has come back, the last one because nothing happens any more
    assert lines == ["greeted 42 times", "farewell after 77"]
    assert told == [("insmod hello", 0, b""), ("cat /root/word", 0, b"beside it"), ("rmmod hello", 0, b"")]


@needs_gdb
def test_a_module_that_does_not_build_or_load_never_comes_to_gdb(session: Session) -> None:
    unknown = HELLO.replace(b"\tgreet(5);", b"\textern void nowhere(void);\n\n\tnowhere();")
    for source, message in ((b"int x", "expected"), (unknown, "nowhere|Unknown symbol|refuses")):
        with pytest.raises(UsageError, match=message), session.debugger({"hello.c": source}, ["hello"], {}):
            pass


def test_without_gdb_it_is_told_what_to_install(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kmodlab.debugger.shutil.which", lambda name: None)
    with pytest.raises(LabError, match="gdb is missing") as caught, session.debugger({}, ["hello"], {}):
        pass
    assert "Install the package gdb" in caught.value.hint
