# SPDX-License-Identifier: MIT
"""The command line says what happened, what to do next, and ends with the status it promises."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as xml

import pexpect
import psutil
import pytest
from rich.console import Console

from kmodlab.build.diagnostics import Diagnostic
from kmodlab.cli import output
from kmodlab.cli.main import COMMANDS, run
from kmodlab.evidence.finding import Finding, Location
from kmodlab.evidence.klog import Level, Record
from kmodlab.grading.compare import difference
from kmodlab.grading.reports import report_json, report_junit
from kmodlab.grading.verdict import CheckVerdict, Outcome, Report
from kmodlab.kernels.tree import KernelTree
from kmodlab.learner.progress import Progress
from kmodlab.learner.workspace import Workspace
from kmodlab.packs import catalog
from kmodlab.packs.catalog import Lesson, Pack

DEADLINE = 120  # seconds that a whole command may take on a busy computer


def no_app() -> int:
    pytest.fail("the app was started")


@pytest.fixture
def pack() -> Pack:
    return catalog.load(catalog.shipped_folder())


@pytest.fixture
def hello(pack) -> Lesson:
    return pack.lesson("hello")


@pytest.fixture(autouse=True)
def own_data(tmp_path, monkeypatch) -> Path:
    """A data folder of the test's own; the cache with its kernel is shared."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data" / "kmodlab"


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run kmodlab in this process; return exit status, standard output and standard error."""
    status = run(arguments, start_app=no_app)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def attempt(outcome: Outcome, **checks: Outcome) -> Report:
    verdicts = tuple(CheckVerdict(id, id, ended, 0, 1) for id, ended in checks.items())
    return Report("hello", "6.1.0", outcome, 3, 10, 1.0, verdicts)


# Without a machine


def test_help_names_every_command_and_imports_none_of_them():
    script = (
        "import sys; from kmodlab.cli.main import run; status = run(['--help'], start_app=None)\n"
        "heavy = {'textual', 'pydantic', 'rich', 'watchfiles', 'kmodlab.session'} & sys.modules.keys()\n"
        "sys.exit(f'imported {heavy}' if heavy else status)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=DEADLINE)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(name in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_help_of_its_own(capsys, name):
    status, out, _ = call(capsys, name, "--help")
    assert status == 0
    assert out.startswith(f"Usage: kmodlab {name}")


def test_no_command_imports_textual():
    modules = {module for module, _ in COMMANDS.values()}
    script = f"import sys; {'; '.join(f'import kmodlab.cli.{name}' for name in sorted(modules))}"
    script += "\nsys.exit('textual' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], timeout=DEADLINE).returncode == 0


def test_without_a_terminal_and_a_command_it_says_what_needs_none(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    status, out, err = call(capsys)
    assert (status, out) == (2, "")
    assert "kmodlab check" in err


def test_with_a_terminal_and_no_command_the_app_starts():
    script = "from kmodlab.cli.main import run; import sys; sys.exit(run([], start_app=lambda: print('the app') or 0))"
    child = pexpect.spawn(sys.executable, ["-c", script], timeout=DEADLINE)
    child.expect("the app")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nonsense"], "No such command 'nonsense'."),
        (["show"], "Missing argument 'LESSON'."),
        (["show", "nonsense"], "There is no lesson called 'nonsense'."),
        (["check", "--format", "yaml"], "Invalid value for '--format'"),
        (["hint", "hello"], "You have not tried hello yet"),
        (["solution", "hello"], "The solution is shown when you have passed hello."),
        (["show", "hello", "--aftermath"], "This is told when you have passed hello."),
        (["check", "hello", "--from", "/nowhere"], "There is no folder /nowhere."),
        (["run", "/nowhere.c"], "There is no nowhere.c in /."),
        (["kernel", "use", "0.0"], "There is no kernel '0.0' here."),
        (["console"], "A console needs a terminal."),
    ],
)
def test_wrong_usage_is_one_sentence_and_one_next_step(capsys, monkeypatch, arguments, sentence):
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    status, out, err = call(capsys, *arguments)
    assert (status, out) == (2, "")
    first, second = err.splitlines()
    assert first.startswith(f"kmodlab: {sentence}")
    assert second.startswith("  ")


def test_debug_adds_the_traceback(capsys):
    _, _, plain = call(capsys, "show", "nonsense")
    _, _, debug = call(capsys, "--debug", "show", "nonsense")
    assert "Traceback" not in plain
    assert "Traceback" in debug
    assert debug.endswith(plain)


def test_a_bug_of_our_own_is_told_without_a_traceback(capsys, monkeypatch):
    monkeypatch.setattr(catalog, "load", lambda folder: 1 // 0)
    status, _, err = call(capsys, "list")
    assert status == 3
    assert err.startswith("kmodlab: kmodlab itself failed: ZeroDivisionError")
    assert "Traceback" not in err


def test_ctrl_c_ends_with_130(capsys, monkeypatch):
    def interrupted(folder):
        raise KeyboardInterrupt

    monkeypatch.setattr(catalog, "load", interrupted)
    assert call(capsys, "list")[0] == 130


def test_a_reader_that_goes_away_is_no_error():
    command = f"{sys.executable} -m kmodlab show hello | true"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, timeout=DEADLINE
    )
    assert done.stderr == ""


def test_list_shows_how_far_the_learner_is(capsys, pack):
    assert "○ new" in call(capsys, "list")[1]
    Progress(pack).record("hello", attempt(Outcome.FAIL), {})
    assert "◐ begun" in call(capsys, "list")[1]
    Progress(pack).record("hello", attempt(Outcome.PASS), {})
    assert "✓ passed" in call(capsys, "list")[1]


def test_a_damaged_record_is_told_once(capsys, own_data):
    own_data.mkdir(parents=True)
    (own_data / "progress.db").write_bytes(b"no database" * 1000)
    assert "was damaged" in call(capsys, "list")[2]
    assert call(capsys, "list")[2] == ""


def test_show_prints_the_text_and_where_the_files_are(capsys, hello, own_data):
    status, out, _ = call(capsys, "show", "hello")
    assert status == 0
    assert out.startswith(hello.text)
    assert str(own_data / "work/kmodlab/hello/hello.c") in out


def test_hints_come_one_at_a_time_for_the_first_check_that_failed(capsys, pack, hello):
    Progress(pack).record("hello", attempt(Outcome.FAIL, builds=Outcome.PASS, greets=Outcome.FAIL), {})
    greets = next(check for check in hello.checks if check.id == "greets")
    for number, hint in enumerate(greets.hints, start=1):
        _, out, _ = call(capsys, "hint", "hello")
        assert f"Hint {number} of 3: {hint}" in out
        assert not any(later in out for later in greets.hints[number:])
    assert "solution hello --anyway" in out


def test_without_a_failure_there_is_nothing_to_hint_at(capsys, pack):
    Progress(pack).record("hello", attempt(Outcome.PASS, builds=Outcome.PASS), {})
    status, out, _ = call(capsys, "hint", "hello")
    assert (status, out) == (0, "Nothing failed in your last attempt at hello.\n")


def test_the_solution_is_shown_after_the_pass_or_on_request(capsys, pack, hello):
    solution = hello.solution()["hello.c"].decode()
    assert call(capsys, "solution", "hello", "--anyway") == (0, solution, "")
    Progress(pack).record("hello", attempt(Outcome.PASS), {})
    assert call(capsys, "solution", "hello") == (0, solution, "")


def test_reset_says_where_the_old_files_are(capsys, pack, hello):
    Workspace(pack).write(hello, "hello.c", "mine")
    _, out, _ = call(capsys, "reset", "hello")
    copies = Path(out.strip().rsplit(" ", 1)[1])
    assert (copies / "hello.c").read_text() == "mine"


def test_diff_compares_with_the_starter_or_the_solution(capsys, pack, hello):
    assert "unchanged" in call(capsys, "diff", "hello")[1]
    Workspace(pack).write(hello, "hello.c", "mine\n")
    assert "\n+mine\n" in call(capsys, "diff", "hello")[1]
    assert call(capsys, "diff", "hello", "--solution")[0] == 2
    assert "--- solution/hello.c" in call(capsys, "diff", "hello", "--solution", "--anyway")[1]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_says_where_to_put_it(capsys, shell):
    status, out, _ = call(capsys, "completion", shell)
    assert status == 0
    assert out.startswith(f"# kmodlab completion {shell} > ")
    assert "_KMODLAB_COMPLETE" in out


def test_tab_completes_commands_and_lessons():
    def completions(*words: str) -> str:
        environment = os.environ | {
            "_KMODLAB_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(("kmodlab", *words)),
            "COMP_CWORD": str(len(words)),
        }
        command = [sys.executable, "-c", "from kmodlab.cli.main import kmodlab; kmodlab(prog_name='kmodlab')"]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=DEADLINE
        ).stdout

    assert "plain,check" in completions("che")
    assert "plain,hello" in completions("check", "hel")


# Reports


LEAK = Finding(
    "leak",
    "64 bytes were never freed.",
    file="hello.c",
    line=2,
    locations=(Location("allocated", "hello.c", 2), Location("called", "hello.c", 9)),
)


def shown(renderable) -> str:
    console = Console(width=100, file=None, highlight=False, color_system=None, force_terminal=False)
    with console.capture() as capture:
        console.print(renderable)
    return capture.get()


def test_a_failed_check_shows_everything_that_says_why():
    verdict = CheckVerdict(
        "greets", "It greets", Outcome.FAIL, 0, 2, reason="The log lacks a line.", expected="Hello", actual="Hallo",
        findings=(LEAK,), log=(Record(0, 1.5, Level.INFO, "Hallo"), Record(1, 1.6, Level.WARNING, "taints", 0, True)),
    )  # fmt: skip
    text = shown(
        output.verdict_block(verdict, {"hello.c": b"int a;\n\tint *b = kmalloc();\n"}, "hint 1 of 3")
    )
    lines = [line.strip() for line in text.splitlines()]
    assert lines[0] == "✗ failed      0/2  It greets"
    assert "The log lacks a line." in lines
    assert "expected Hello" in lines
    assert "actual   Hallo" in lines
    assert "leak: 64 bytes were never freed." in lines
    assert "allocated hello.c:2" in lines
    assert "2 │         int *b = kmalloc();" in lines
    assert "called hello.c:9" in lines
    assert any("taints" in line and "harmless" in line for line in lines)
    assert lines[-1] == "hint 1 of 3"


def test_a_passed_check_is_one_line():
    verdict = CheckVerdict("builds", "It builds", Outcome.PASS, 1, 1, log=(Record(0, 1.0, Level.INFO, "x"),))
    assert shown(output.verdict_block(verdict, {})) == "✓ passed      1/1  It builds\n"


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_a_word_of_its_own(outcome):
    words = [look.word for look in output.LOOKS.values()]
    assert words.count(output.LOOKS[outcome].word) == 1


def test_of_two_texts_the_first_lines_that_differ_are_shown():
    expected, actual = "1\na b\n3", "1\na  b\n3"
    unlike = CheckVerdict("c", "c", Outcome.FAIL, 0, 1, difference=difference(expected, actual))
    lines = [line.plain for line in output.comparison(replace(unlike, expected=expected, actual=actual))]
    assert "only white space differs, first in line 2" in lines[0]
    assert lines[1] == "expected a·b\n         [… 1 more line]"
    assert lines[2] == "actual   a··b\n         [… 1 more line]"


def test_a_log_that_commands_the_terminal_is_defused():
    (line,) = output.log_lines([Record(0, 1.0, Level.INFO, "\x1b]0;title\x07\x9b2J")])
    assert not {"\x1b", "\x07", "\x9b"} & set(line.plain)


def test_what_is_cut_is_said():
    records = [Record(number, float(number), Level.INFO, f"line {number}") for number in range(50)]
    first, *rest = output.log_lines(records, limit=20)
    assert first.plain == "[… 30 earlier lines cut; --format json has all]"
    assert [line.plain.rsplit(" ", 1)[1] for line in rest] == [str(number) for number in range(30, 50)]


def test_compiler_messages_show_their_line():
    message = Diagnostic("error", "expected ';'", "hello.c", 2, 7)
    lines = [line.plain for line in output.diagnostic_lines([message], {"hello.c": b"int a;\nint b\n"})]
    assert lines == ["hello.c:2:7: error: expected ';'", "    2 │ int b"]


REPORT = Report(
    "hello", "6.1.0", Outcome.FAIL, 3, 10, 1.25,
    checks=(
        CheckVerdict("builds", "It builds", Outcome.PASS, 1, 1, hints=("never shown",)),
        CheckVerdict(
            "greets", "It <greets>", Outcome.FAIL, 0, 2, 0.5, "Not \x1b there.", "a", "b", ("one", "two"), (LEAK,)
        ),
        CheckVerdict("later", "Later", Outcome.SKIP, 0, 1, reason="It needs `greets`."),
        CheckVerdict("lab", "Lab", Outcome.ERROR, 0, 1, reason="No machine."),
    ),
    findings=(LEAK,),
)  # fmt: skip


def test_the_json_report_has_the_promised_keys():
    table = json.loads(report_json(REPORT))
    assert table["schema"] == "kmodlab.report/1"
    assert {
        "lesson",
        "kernel",
        "outcome",
        "points",
        "max_points",
        "seconds",
        "checks",
        "findings",
    } <= table.keys()
    check = table["checks"][1]
    assert {
        "id",
        "title",
        "outcome",
        "points",
        "max_points",
        "seconds",
        "hint",
        "expected",
        "actual",
        "findings",
    } <= (check.keys())
    assert (check["outcome"], check["expected"], check["actual"]) == ("fail", "a", "b")
    assert check["findings"] == table["findings"]
    assert {"kind", "message", "file", "line", "function", "count", "bytes", "log", "locations"} <= (
        table["findings"][0].keys()
    )
    assert {"role": "allocated", "file": "hello.c", "line": 2}.items() <= table["findings"][0]["locations"][
        0
    ].items()


def test_the_json_report_gives_away_one_hint_at_most():
    assert [check["hint"] for check in json.loads(report_json(REPORT))["checks"]] == [None, "one", None, None]


def test_the_junit_report_tells_failures_from_the_labs_own_errors():
    suite = xml.fromstring(report_junit(REPORT))
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors"), suite.get("skipped")) == (
        "4",
        "1",
        "1",
        "1",
    )
    cases = suite.findall("testcase")
    assert [[child.tag for child in case] for case in cases] == [[], ["failure"], ["skipped"], ["error"]]
    failure = cases[1].find("failure")
    assert (cases[1].get("name"), failure.get("message")) == ("It <greets>", "Not � there.")
    assert "hello.c:2: leak: 64 bytes were never freed." in failure.text


# With a real machine


@pytest.fixture
def kernel(kernel_tree) -> KernelTree:
    return kernel_tree


@pytest.mark.usefixtures("kernel")
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

    def test_junit_is_well_formed(self, capsys):
        status, out, _ = call(capsys, "check", "hello", "--format", "junit")
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

    def test_console_is_a_root_shell_with_the_module_loaded(self):
        child = pexpect.spawn(
            sys.executable,
            ["-m", "kmodlab", "console", "--load", "hello"],
            timeout=DEADLINE,
            encoding="utf-8",
        )
        child.setwinsize(31, 97)
        child.expect("Leave with")
        child.expect("#")
        child.sendline("cat /proc/modules; stty size; echo [$((6*7))]")
        child.expect(r"hello \d+")
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

    @pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
    def test_a_check_that_is_ended_leaves_no_machine_behind(self, sent, status):
        command = [sys.executable, "-m", "kmodlab", "check", "hello"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            process.stdout.readline()  # the first verdict: machines are running
            machines = psutil.Process(process.pid).children(recursive=True)
            assert [machine for machine in machines if "qemu" in machine.name()]
            process.send_signal(sent)
            _, err = process.communicate(timeout=DEADLINE)
        assert process.returncode == status
        assert "Traceback" not in err
        _, alive = psutil.wait_procs(machines, timeout=DEADLINE)
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
