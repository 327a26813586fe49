# SPDX-License-Identifier: MIT
"""The command line with real machines: check, run, watch, and what is left when they end."""

import json
import signal
import subprocess
import sys
from contextlib import suppress
from xml.etree import ElementTree as xml

import pexpect
import psutil
import pytest
from cli_call import DEADLINE, call

from kmodlab.learner.progress import Progress
from kmodlab.learner.workspace import Workspace

pytestmark = pytest.mark.usefixtures("own_data")


def is_machine(process):
    with suppress(psutil.NoSuchProcess):
        return "qemu" in process.name()
    return False


@pytest.mark.usefixtures("kernel_tree")
class TestWithAMachine:
    def test_the_starter_fails_and_offers_a_hint(self, capsys):
        status, out, _ = call(capsys, "check", "hello")
        assert status == 1
        assert "✗ failed" in out
        assert "hint 1 of 3: kmodlab hint hello" in out
        assert "✗ hello failed · 2 of 10 points" in out

    def test_the_solution_passes_and_is_told_what_happened(self, capsys, pack, hello):
        Workspace(pack).write(hello, "hello.c", hello.solution()["hello.c"].decode())
        status, out, _ = call(capsys, "check")
        assert status == 0
        assert "✓ hello passed · 10 of 10 points" in out
        assert "# What just happened" in out
        assert Progress(pack).standing("hello").passed

    def test_somebody_elses_files_leave_the_progress_alone(self, capsys, pack, hello):
        status, out, _ = call(
            capsys, "check", "hello", "--from", str(hello.solution_folder), "--format", "json"
        )
        assert status == 0
        assert json.loads(out)["points"] == 10
        assert Progress(pack).standing("hello").attempts == 0

    def test_a_build_error_shows_the_line(self, capsys, hello):
        folder = hello.solution_folder / "mistakes" / "syntax-error"
        status, out, _ = call(capsys, "check", "hello", "--from", str(folder))
        assert status == 1
        assert "hello.c:12:" in out
        assert "12 │         return 0;" in out

    def test_the_doctor_finds_nothing_missing(self, capsys):
        status, out, _ = call(capsys, "doctor")
        assert status == 0
        assert "A machine starts" in out

    def test_junit_is_well_formed(self, capsys, hello):
        folder = hello.solution_folder / "mistakes" / "syntax-error"
        status, out, _ = call(capsys, "check", "hello", "--from", str(folder), "--format", "junit")
        assert status == 1
        assert xml.fromstring(out).get("name") == "kmodlab.hello"

    def test_run_shows_the_log_of_any_module(self, capsys, tmp_path, hello):
        (tmp_path / "params.c").write_text(PARAMS)
        status, out, _ = call(capsys, "run", str(tmp_path / "params.c"), "--", "my_param=7")
        assert status == 0
        assert "my_param = 7" in out

    def test_run_says_that_the_kernel_refused_the_module(self, capsys, tmp_path):
        (tmp_path / "params.c").write_text(PARAMS)
        status, out, _ = call(capsys, "run", str(tmp_path / "params.c"), "--", "my_param=many")
        assert status == 1
        assert "Loading failed: EINVAL" in out

    def test_run_names_the_crash_and_its_line(self, capsys, tmp_path):
        (tmp_path / "crash.c").write_text(CRASH)
        status, out, _ = call(capsys, "run", str(tmp_path / "crash.c"), "--format", "json")
        assert status == 1
        finding = json.loads(out)["findings"][0]
        assert (finding["kind"], finding["file"], finding["line"]) == ("null-deref", "crash.c", 6)

    def test_console_is_a_root_shell_with_the_module_loaded_and_the_scripts_at_hand(self):
        child = pexpect.spawn(
            sys.executable,
            ["-m", "kmodlab", "console", "--load", "ftrace"],
            timeout=DEADLINE,
            encoding="utf-8",
        )
        child.setwinsize(31, 97)
        child.expect("Leave with")
        child.expect("#")
        child.sendline("cat /proc/modules; ls -l; stty size; echo [$((6*7))]")
        child.expect(r"ftrace_lab \d+")
        child.expect(r"-rwxr-xr-x .* trace\.sh")
        child.expect("31 97")
        child.expect(r"\[42\]")
        child.setwinsize(20, 60)
        child.sendline("sleep 0.5; stty size")
        child.expect("20 60")
        child.send("\x1d")
        child.expect("The machine is gone")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 0

    def test_a_console_whose_kernel_panics_ends_by_itself(self):
        child = pexpect.spawn(
            sys.executable, ["-m", "kmodlab", "console"], timeout=DEADLINE, encoding="utf-8"
        )
        child.expect("#")
        child.sendline("echo c >/proc/sysrq-trigger")
        child.expect("The machine stopped")
        child.expect(pexpect.EOF)

    def test_watch_checks_at_every_save_and_at_enter(self, pack, hello):
        child = pexpect.spawn(
            sys.executable, ["-m", "kmodlab", "watch", "hello"], timeout=DEADLINE, encoding="utf-8"
        )
        child.expect("hello failed")
        child.expect("Save to check again")
        Workspace(pack).write(hello, "hello.c", hello.solution()["hello.c"].decode())
        child.expect("hello passed")
        child.expect("Save to check again")
        child.sendline("")
        child.expect("hello passed")
        child.expect("Save to check again")
        child.sendintr()
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 0

    def started_by(self, process):
        """All that it has started, once there is a machine among them."""
        while True:
            assert process.poll() is None
            started = psutil.Process(process.pid).children(recursive=True)
            if any(map(is_machine, started)):
                return started

    @pytest.mark.parametrize("words", [("check", "hello"), ("pack", "verify", "--lesson", "hello")])
    @pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
    def test_a_check_that_is_ended_leaves_no_machine_behind(self, words, sent, status):
        command = [sys.executable, "-m", "kmodlab", *words]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            process.stdout.readline()  # the first verdict
            started = self.started_by(process)
            process.send_signal(sent)
            _, err = process.communicate(timeout=DEADLINE)
        assert process.returncode == status
        assert "Traceback" not in err
        _, alive = psutil.wait_procs(started, timeout=DEADLINE)
        assert alive == []


PARAMS = """
#include <linux/module.h>
static int my_param = 42;
module_param(my_param, int, 0444);
static int __init params_init(void)
{
	pr_info("my_param = %d\\n", my_param);
	return 0;
}
module_init(params_init);
static void __exit params_exit(void) {}
module_exit(params_exit);
MODULE_LICENSE("GPL");
"""

CRASH = """
#include <linux/module.h>
static int __init crash_init(void)
{
	int *nothing = NULL;
	OPTIMIZER_HIDE_VAR(nothing); *nothing = 1;
	return 0;
}
module_init(crash_init);
MODULE_LICENSE("GPL");
"""
