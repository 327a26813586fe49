# SPDX-License-Identifier: MIT
"""The command line says what happened, what to do next, and ends with the status it promises."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest
from cli_call import DEADLINE, call

from kmodlab.cli.main import COMMANDS
from kmodlab.grading.verdict import CheckVerdict, Outcome, Report
from kmodlab.learner.progress import Progress
from kmodlab.learner.workspace import Workspace
from kmodlab.packs import catalog

pytestmark = pytest.mark.usefixtures("own_data")


def attempt(outcome: Outcome, **checks: Outcome) -> Report:
    verdicts = tuple(CheckVerdict(id, id, ended, 0, 1) for id, ended in checks.items())
    return Report("hello", "6.1.0", outcome, 3, 10, 1.0, verdicts)


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
        (["gdb", "hello"], "gdb needs a terminal."),
        (["gdb", "hello", "--batch", "/nowhere"], "There is no file /nowhere."),
    ],
)
def test_wrong_usage_is_one_sentence_and_one_next_step(capsys, monkeypatch, arguments, sentence):
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    status, out, err = call(capsys, *arguments)
    assert (status, out) == (2, "")
    first, second = err.splitlines()
    assert first.startswith(f"kmodlab: {sentence}")
    assert second.startswith("  ")


def test_a_machine_that_cannot_be_reached_is_the_labs_trouble(capsys, hello):
    solution = str(catalog.shipped_folder() / "solutions/01-hello")
    status, out, err = call(capsys, "check", "hello", "--from", solution, "--machine", "exit 3")
    assert (status, out) == (3, "")
    assert "`exit 3` ended before there was a shell." in err


def test_debug_adds_the_traceback(capsys):
    _, _, plain = call(capsys, "show", "nonsense")
    _, _, debug = call(capsys, "--debug", "show", "nonsense")
    assert "Traceback" not in plain
    assert "Traceback" in debug
    assert debug.endswith(plain)


def test_a_bug_of_our_own_is_told_without_a_traceback(capsys, monkeypatch):
    monkeypatch.setattr(catalog, "load", lambda *_: 1 // 0)
    status, _, err = call(capsys, "list")
    assert status == 3
    assert err.startswith("kmodlab: kmodlab itself failed: ZeroDivisionError")
    assert "Traceback" not in err


def test_ctrl_c_ends_with_130(capsys, monkeypatch):
    def interrupted(*_):
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


def test_the_pack_that_was_chosen_in_the_app_is_the_one_meant(capsys, own_data, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = own_data / "packs/vocabulary"
    shutil.copytree(Path(__file__).parent / "data/vocabulary", folder)
    installed = catalog.load(folder)
    catalog.choose(installed)
    assert installed.lessons[0].title in call(capsys, "list")[1]
    shutil.rmtree(folder)
    status, _, told = call(capsys, "list")
    assert status == 3
    assert f"{installed.id!r}, which you chose, is not in" in told


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
