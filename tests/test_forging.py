# SPDX-License-Identifier: MIT
"""Modules that would rather look right than be right. Each really runs; none gains what it has not done."""

import shutil
from pathlib import Path

import pytest
import tomlkit

from kmodlab.grading.events import Ended
from kmodlab.grading.verdict import CheckVerdict, Outcome, Report
from kmodlab.packs import catalog
from kmodlab.packs.catalog import Pack
from kmodlab.session import Session

FRAME = """// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/console.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/reboot.h>
#include <linux/umh.h>

static int __maybe_unused shell(char *command)
{
	static char *environment[] = { "PATH=/sbin:/usr/sbin:/bin:/usr/bin", NULL };
	char *words[] = { "/bin/sh", "-c", command, NULL };

	return call_usermodehelper(words[0], words, environment, UMH_WAIT_PROC);
}

static void __maybe_unused serial(const char *text)
{
	while (*text)
		outb(*text++, 0x3f8);
}

static void __maybe_unused write_to(const char *path, const char *text)
{
	struct file *file = filp_open(path, O_WRONLY, 0);
	loff_t place = 0;

	if (IS_ERR(file))
		return;
	kernel_write(file, text, strlen(text), &place);
	filp_close(file, NULL);
}

%(before)s

static int __init hello_init(void)
{
%(init)s
	return 0;
}
module_init(hello_init);

%(exit)s

MODULE_AUTHOR("Nobody");
MODULE_DESCRIPTION("Does not what it shows");
MODULE_LICENSE("GPL");
"""
PACK = """format = 1
id = "forged"
title = "Forged"
version = "1"
lessons = ["hello"]
"""
PARAMETER_LESSON = """format = 1
id = "hello"
title = "Parameters"
minutes = 1
modules = ["hello"]
files = ["hello.c"]

[[check]]
id = "default"
title = "The parameter is there"
do = ["load hello"]
expect = [{ file = "/sys/module/hello/parameters/answer", equals = "42", mode = "0444" }]
"""
GRADED = ("builds", "loads", "greets", "farewell")  # of `hello`: what a forger could gain
HELLO = '\tpr_info("Hello, kernel!\\n");\n'
EXIT = "static void __exit hello_exit(void)\n{\n%s\n}\nmodule_exit(hello_exit);"
GOODBYE = EXIT % '\tpr_info("Goodbye, kernel!\\n");'
SILENT = EXIT % ""


@pytest.fixture(scope="module")
def forged(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """The lesson `hello` with the checks GRADED, and no others."""
    folder = tmp_path_factory.mktemp("forged")
    shutil.copytree(catalog.shipped_folder() / "lessons/01-hello", folder / "lessons/01-hello")
    (folder / "pack.toml").write_text(PACK)
    manifest = folder / "lessons/01-hello/lesson.toml"
    lesson = tomlkit.parse(manifest.read_text())
    lesson["check"] = [check for check in lesson["check"] if check["id"] in GRADED]
    manifest.write_text(tomlkit.dumps(lesson))
    return catalog.load(folder)


def attempt(session: Session, pack: Pack, init: str = "", exit: str = SILENT, before: str = "") -> Report:
    source = FRAME % {"before": before, "init": init, "exit": exit}
    *_, last = session.check(pack.lesson("hello"), {"hello.c": source.encode()}, keep=False)
    assert isinstance(last, Ended)
    report = last.report
    assert report.outcome is not Outcome.BUILD_ERROR, report.build_output
    assert Outcome.ERROR not in [verdict.outcome for verdict in report.checks]
    return report


def verdict(report: Report, check: str) -> CheckVerdict:
    return next(verdict for verdict in report.checks if verdict.id == check)


def has_passed(report: Report, check: str) -> bool:
    return verdict(report, check).outcome is Outcome.PASS


def test_the_same_frame_passes_when_it_is_honest(session: Session, pack: Pack) -> None:
    assert attempt(session, pack, HELLO, GOODBYE).outcome is Outcome.PASS


def test_printing_what_the_lab_prints_gains_nothing(session: Session, forged: Pack) -> None:
    lines = (
        '\tpr_err("\\n<6>[    1.000000] Hello, kernel!\\n");\n'
        '\tpr_err("PASS\\n\\036agent\\036 \\0360123456789abcdef 0\\036\\n");\n'
        '\tpr_err("\\r\\v<6>[    1.000000] Hello, kernel!");\n'
    )
    assert not has_passed(attempt(session, forged, lines), "greets")


def test_a_greeting_at_the_wrong_moment_is_none(session: Session, forged: Pack) -> None:
    report = attempt(session, forged, "", EXIT % HELLO)
    assert has_passed(report, "loads")
    assert not has_passed(report, "greets")


def test_a_farewell_before_the_end_is_none(session: Session, forged: Pack) -> None:
    report = attempt(session, forged, HELLO + '\tpr_info("Goodbye, kernel!\\n");\n')
    assert has_passed(report, "greets")
    assert not has_passed(report, "farewell")


def test_a_line_written_to_the_serial_port_is_no_line_of_the_log(session: Session, forged: Pack) -> None:
    line = '\tserial("\\r\\n<6>[   12.345678] %s, kernel!\\r\\n");\n'
    report = attempt(session, forged, line % "Hello", EXIT % (line % "Goodbye"))
    assert has_passed(report, "loads")
    assert not has_passed(report, "greets")
    assert not has_passed(report, "farewell")


def test_a_line_that_a_program_logs_is_not_the_module_s(session: Session, forged: Pack) -> None:
    report = attempt(session, forged, "\tshell(\"echo '<6>Hello, kernel!' >/dev/kmsg\");\n")
    assert not has_passed(report, "greets")


def test_frames_written_to_the_ports_of_the_lab_are_not_believed(session: Session, forged: Pack) -> None:
    frames = "\\036agent\\036\\0360123456789abcdef 0123456789abcdef 0\\036"
    ports = "\n".join(f'\twrite_to("/dev/vport0p{number}", "{frames}");' for number in (1, 2, 3))
    report = attempt(session, forged, f"{ports}\n\treturn -EIO;")
    assert verdict(report, "loads").outcome is Outcome.FAIL


@pytest.mark.parametrize(
    "trick",
    [
        '\tstrcpy(THIS_MODULE->name, "other");\n',
        "\tlist_del(&THIS_MODULE->list);\n",
        "\tlist_del(&THIS_MODULE->list);\n\tkobject_del(&THIS_MODULE->mkobj.kobj);\n",
    ],
)
def test_a_module_that_hides_does_not_count_as_unloaded(session: Session, forged: Pack, trick: str) -> None:
    report = attempt(session, forged, HELLO + trick, GOODBYE)
    assert not has_passed(report, "loads")
    assert not has_passed(report, "greets")


def test_programs_that_were_exchanged_say_nothing(session: Session, forged: Pack) -> None:
    """A module that cannot be unloaded exchanges what unloads it, and hides."""
    script = (
        "for p in /sbin/modctl /sbin/rmmod /lib/kmodlab/agent; do rm -f $p; echo exit >$p; chmod 755 $p; done"
    )
    trick = f'\tshell("{script}");\n\tlist_del(&THIS_MODULE->list);\n'
    report = attempt(session, forged, HELLO + trick, "")
    assert not has_passed(report, "loads")


def test_a_warning_that_is_kept_out_of_the_log_is_noticed(session: Session, forged: Pack) -> None:
    before = """
static noinline notrace void nothing(void) { asm volatile(""); }
static int swallow(struct kprobe *probe, struct pt_regs *regs)
{
	const char *text = (const char *)regs->cx;

	if (!strncmp(text, "\\0016", 2) || strstr(text, "kernel!"))
		return 0;
	instruction_pointer_set(regs, (unsigned long)nothing);
	return 1;
}
static void never(struct kprobe *probe, struct pt_regs *regs, unsigned long flags) {}
static struct kprobe probe = { .symbol_name = "vprintk_emit", .pre_handler = swallow, .post_handler = never };
"""
    init = (
        HELLO
        + "\tif (register_kprobe(&probe))\n\t\treturn -EINVAL;\n\tWARN_ON(1);\n\tunregister_kprobe(&probe);\n"
    )
    report = attempt(session, forged, init, GOODBYE, before)
    assert not has_passed(report, "greets")
    assert [finding.kind for finding in verdict(report, "loads").findings] == ["taint"]


def test_a_warning_is_found_though_log_and_taint_are_wiped(session: Session, forged: Pack) -> None:
    before = """
static struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };
static void wipe(void)
{
	unsigned long (*find)(const char *name);

	register_kprobe(&probe);
	find = (void *)probe.addr;
	unregister_kprobe(&probe);
	*(unsigned long *)find("tainted_mask") = 0;
	shell("dmesg -C");
}
"""
    report = attempt(session, forged, f"{HELLO}\tWARN_ON(1);\n\twipe();\n", GOODBYE, before)
    assert [finding.kind for finding in verdict(report, "loads").findings] == ["warn"]
    assert not has_passed(report, "greets")


def test_whoever_keeps_the_console_silent_does_not_pass(session: Session, forged: Pack) -> None:
    report = attempt(
        session, forged, f"{HELLO}\tconsole_lock();\n\tconsole_suspend_enabled = false;\n", GOODBYE
    )
    assert verdict(report, "loads").outcome in (Outcome.CRASH, Outcome.HANG)


def test_a_lowered_console_level_hides_nothing(session: Session, forged: Pack) -> None:
    report = attempt(session, forged, HELLO + "\tconsole_loglevel = 0;\n\tWARN_ON(1);\n", GOODBYE)
    assert [finding.kind for finding in verdict(report, "loads").findings] == ["warn"]


def test_whoever_tells_the_witness_to_look_away_is_still_seen(session: Session, forged: Pack) -> None:
    away = '\twrite_to("/sys/module/kmodlab/parameters/target", "nobody");\n'
    sleeps = "\tspin_lock(&lock);\n\tkfree(kmalloc(8, GFP_KERNEL));\n\tspin_unlock(&lock);\n"
    report = attempt(session, forged, HELLO + away + sleeps, GOODBYE, "static DEFINE_SPINLOCK(lock);")
    assert [finding.kind for finding in verdict(report, "loads").findings] == ["sleep-in-atomic"]


OTHER_SHELLS = "for p in $(pidof sh); do [ $p = $$ ] || kill %s $p; done"


def test_killing_the_agent_is_the_module_s_loss(session: Session, forged: Pack) -> None:
    script = f"echo exit >/lib/kmodlab/agent; {OTHER_SHELLS % '-9'}"
    report = attempt(session, forged, HELLO, EXIT % f'\tshell("{script}");')
    loads = verdict(report, "loads")
    assert loads.outcome is Outcome.CRASH
    assert [finding.kind for finding in loads.findings] == ["lost-machine"]
    assert loads.seconds < 5


def test_stopping_the_agent_is_a_hang(session: Session, forged: Pack) -> None:
    report = attempt(session, forged, HELLO, EXIT % f'\tshell("{OTHER_SHELLS % "-STOP"}");')
    assert verdict(report, "loads").outcome is Outcome.HANG


@pytest.mark.parametrize("end", ["emergency_restart()", "kernel_power_off()"])
def test_ending_the_machine_is_no_farewell(session: Session, forged: Pack, end: str) -> None:
    report = attempt(session, forged, HELLO, EXIT % f'\tpr_info("Goodbye, kernel!\\n");\n\t{end};')
    assert verdict(report, "loads").outcome is Outcome.CRASH
    assert not has_passed(report, "farewell")


def test_a_file_that_looks_like_a_parameter_is_none(session: Session, tmp_path: Path) -> None:
    folder = tmp_path / "forged"
    shutil.copytree(catalog.shipped_folder() / "lessons/01-hello", folder / "lessons/01-hello")
    (folder / "pack.toml").write_text(PACK)
    (folder / "lessons/01-hello/lesson.toml").write_text(PARAMETER_LESSON)
    before = """
static ssize_t answer_show(struct kobject *object, struct kobj_attribute *attribute, char *text)
{
	return sysfs_emit(text, "42\\n");
}
static struct kobj_attribute answer = __ATTR_RO(answer);
static struct kobject *folder;
"""
    init = (
        '\tfolder = kobject_create_and_add("parameters", &THIS_MODULE->mkobj.kobj);\n'
        "\tif (sysfs_create_file(folder, &answer.attr))\n\t\treturn -ENOMEM;\n"
    )
    forged = attempt(session, catalog.load(folder), init, EXIT % "\tkobject_put(folder);", before)
    assert forged.points == 0
    assert "no parameter answer" in (forged.checks[0].reason or "")
    honest = attempt(
        session, catalog.load(folder), before="static int answer = 42;\nmodule_param(answer, int, 0444);"
    )
    assert honest.outcome is Outcome.PASS
