# SPDX-License-Identifier: MIT
"""Calls that are made to fail, and sleeping where it is forbidden, in real modules on a real kernel."""

from pathlib import Path

import pytest
from bad_module import HEAD, TAIL, line_of

from kmodlab.evidence import recording
from kmodlab.evidence.evidence import Evidence, Fault
from kmodlab.grading import grade
from kmodlab.grading.events import Ended
from kmodlab.grading.verdict import CheckVerdict, Outcome
from kmodlab.machines.qemu import QemuMachine
from kmodlab.packs import catalog
from kmodlab.packs.catalog import Lesson
from kmodlab.session import Session

TWO_ALLOCATIONS = """static char *first, *second;

static int __init bad_init(void)
{
	first = kmalloc(100, GFP_KERNEL); /* first */
	if (!first)
		return -ENOMEM;
	second = kmalloc(200, GFP_KERNEL); /* second */
	if (!second) {
		kfree(first);
		return -ENOMEM;
	}
	return 0;
}

static void __exit bad_exit(void)
{
	kfree(second);
	kfree(first);
}
"""


def lesson_of(folder: Path, faults: str, do: str = '["load bad", "unload bad"]') -> Lesson:
    """A lesson with one module and one check."""
    lesson, solution = folder / "lessons" / "01-bad", folder / "solutions" / "01-bad"
    solution.mkdir(parents=True)
    lesson.mkdir(parents=True)
    (folder / "pack.toml").write_text(
        'format = 1\nid = "faulty"\ntitle = "Faults"\nversion = "1"\nlessons = ["bad"]\n'
    )
    (lesson / "lesson.toml").write_text(
        'format = 1\nid = "bad"\ntitle = "Bad"\nminutes = 1\nmodules = ["bad"]\nfiles = ["bad.c"]\n'
        f'[[check]]\nid = "works"\ntitle = "It works"\npoints = 3\ndo = {do}\nfaults = {faults}\n'
    )
    return catalog.load(folder).lesson("bad")


def attempt(session: Session, lesson: Lesson, body: str) -> tuple[CheckVerdict, Evidence]:
    *_, last = session.check(lesson, {"bad.c": (HEAD + body + TAIL).encode()}, keep=False)
    assert isinstance(last, Ended)
    assert last.evidence.build.succeeded, last.evidence.build.output
    return last.report.checks[0], last.evidence


def test_a_module_that_handles_each_failed_allocation_passes(session: Session, tmp_path: Path) -> None:
    verdict, evidence = attempt(session, lesson_of(tmp_path, "true"), TWO_ALLOCATIONS)
    assert (verdict.outcome, verdict.points, verdict.reason) == (Outcome.PASS, 3, None)
    source = HEAD + TWO_ALLOCATIONS
    assert [run.fault for run in evidence.checks[0].faulted] == [
        Fault("kmalloc", "bad.c", line_of(source, "/* first */")),
        Fault("kmalloc", "bad.c", line_of(source, "/* second */")),
    ]


def test_a_missing_check_for_null_is_a_crash_at_its_line(session: Session, tmp_path: Path) -> None:
    body = TWO_ALLOCATIONS.replace("	if (!first)\n		return -ENOMEM;\n", "	first[0] = 1;\n")
    verdict, _ = attempt(session, lesson_of(tmp_path, "true"), body)
    assert verdict.outcome is Outcome.CRASH
    assert verdict.points == 0
    assert (verdict.reason or "").startswith(
        f"When the allocation at bad.c:{line_of(HEAD + body, '/* first */')} fails: bad_init() wrote to"
    )
    assert [(f.kind, f.line) for f in verdict.findings] == [
        ("null-deref", line_of(HEAD + body, "first[0] = 1"))
    ]


def test_success_in_spite_of_a_failure_is_told_and_graded_so_again(session: Session, tmp_path: Path) -> None:
    body = TWO_ALLOCATIONS.replace("kfree(first);\n		return -ENOMEM;", "return 0;")
    lesson = lesson_of(tmp_path, "true")
    verdict, evidence = attempt(session, lesson, body)
    line = line_of(HEAD + body, "/* second */")
    assert verdict.outcome is Outcome.FAIL
    assert verdict.reason == f"When the allocation at bad.c:{line} fails, the module loads all the same."
    assert (verdict.expected, verdict.actual) == ("ENOMEM", "success")
    again = grade.grade(lesson, recording.parse(recording.dump(evidence)))  # what a sweep saw is recorded
    assert again.checks[0] == verdict


def test_another_error_is_told(session: Session, tmp_path: Path) -> None:
    body = TWO_ALLOCATIONS.replace("if (!first)\n		return -ENOMEM", "if (!first)\n		return -EIO")
    verdict, _ = attempt(session, lesson_of(tmp_path, "true"), body)
    assert verdict.outcome is Outcome.FAIL
    assert "loading ends with EIO instead of ENOMEM" in (verdict.reason or "")


def test_what_is_left_when_the_second_step_fails_is_told(session: Session, tmp_path: Path) -> None:
    body = """static char *buffer;

static int __init bad_init(void)
{
	if (!proc_mkdir("bad", NULL))
		return -ENOMEM;
	buffer = kmalloc(100, GFP_KERNEL);
	return buffer ? 0 : -ENOMEM;
}

static void __exit bad_exit(void)
{
	kfree(buffer);
	remove_proc_entry("bad", NULL);
}
"""
    verdict, _ = attempt(session, lesson_of(tmp_path, "true"), body)
    assert verdict.outcome is Outcome.FAIL
    line = line_of(HEAD + body, "kmalloc(")
    assert (verdict.reason or "").startswith(f"When the allocation at bad.c:{line} fails: ")
    assert "/proc/bad" in (verdict.reason or "")


PAGE = TWO_ALLOCATIONS.replace("kmalloc(100, GFP_KERNEL)", "(char *)__get_free_page(GFP_KERNEL)")

LOST = {
    "an object": (TWO_ALLOCATIONS, 100),
    "a page": (PAGE.replace("kfree(first);\n}", "free_page((unsigned long)first);\n}"), 4096),
}


@pytest.mark.parametrize("what", LOST)
def test_memory_that_is_lost_when_the_second_step_fails_is_told(
    session: Session, tmp_path: Path, what: str
) -> None:
    body, size = LOST[what]
    body = body.replace("\t\tkfree(first);\n", "")
    verdict, _ = attempt(session, lesson_of(tmp_path, "true"), body)
    assert verdict.outcome is Outcome.FAIL
    second = line_of(HEAD + body, "/* second */")
    assert (verdict.reason or "").startswith(f"When the allocation at bad.c:{second} fails: ")
    first = line_of(HEAD + body, "/* first */")
    assert [(found.kind, found.line) for found in verdict.findings] == [("leak", first)]
    assert (verdict.findings[0].bytes or 0) >= size


DEVICE = """static int first_user(void)
{
	void *buffer = kzalloc(64, GFP_KERNEL);

	if (!buffer)
		return %s;
	*(char *)buffer = 1;
	kfree(buffer);
	return 0;
}

static ssize_t bad_write(struct file *file, const char __user *text, size_t size, loff_t *offset)
{
	return first_user() ?: size;
}

static const struct file_operations operations = { .owner = THIS_MODULE, .write = bad_write };
static struct miscdevice device = { MISC_DYNAMIC_MINOR, "bad", &operations };

static int __init bad_init(void)
{
	return misc_register(&device);
}

static void __exit bad_exit(void)
{
	misc_deregister(&device);
}
"""

WRITE = '["load bad", { sh = "echo x >/dev/bad" }]'


def test_a_failure_in_a_later_action_may_make_it_fail(session: Session, tmp_path: Path) -> None:
    verdict, evidence = attempt(session, lesson_of(tmp_path, "true", WRITE), DEVICE % "-ENOMEM")
    assert verdict.outcome is Outcome.PASS
    assert [run.actions[1].status for run in evidence.checks[0].faulted] == [1]


def test_a_failure_in_a_later_action_must_not_crash(session: Session, tmp_path: Path) -> None:
    body = DEVICE.replace("	if (!buffer)\n		return %s;\n", "")
    verdict, _ = attempt(session, lesson_of(tmp_path, "true", WRITE), body)
    assert verdict.outcome is Outcome.CRASH
    assert f"bad.c:{line_of(HEAD + body, 'kzalloc')} fails" in (verdict.reason or "")


def test_a_last_call_of_a_function_can_fail_too(session: Session, tmp_path: Path) -> None:
    lesson = lesson_of(tmp_path, '["misc_register"]')
    verdict, evidence = attempt(session, lesson, DEVICE % "-ENOMEM")
    assert verdict.outcome is Outcome.PASS
    assert [run.fault for run in evidence.checks[0].faulted] == [
        Fault("misc_register", "bad.c", line_of(HEAD + DEVICE, "misc_register"))
    ]


REGISTRATIONS = """static struct class *class;
static struct cdev cdev;
static dev_t number;
static const struct file_operations operations = { .owner = THIS_MODULE };

static int __init bad_init(void)
{
	struct device *device;
	int error = alloc_chrdev_region(&number, 0, 1, "bad");

	if (error)
		return error;
	cdev_init(&cdev, &operations);
	error = cdev_add(&cdev, number, 1);
	if (error)
		goto no_cdev;
#ifdef class_create
	class = class_create(THIS_MODULE, "bad");
#else
	class = class_create("bad");
#endif
	if (IS_ERR(class)) {
		error = PTR_ERR(class);
		goto no_class;
	}
	device = device_create(class, NULL, number, NULL, "bad");
	if (IS_ERR(device)) {
		error = PTR_ERR(device);
		goto no_device;
	}
	if (!proc_create("bad", 0, NULL, (void *)&proc)) {
		error = -ENOMEM;
		goto no_proc;
	}
	return 0;
no_proc:
	device_destroy(class, number);
no_device:
	class_destroy(class);
no_class:
	cdev_del(&cdev);
no_cdev:
	unregister_chrdev_region(number, 1);
	return error;
}

static void __exit bad_exit(void)
{
	remove_proc_entry("bad", NULL);
	device_destroy(class, number);
	class_destroy(class);
	cdev_del(&cdev);
	unregister_chrdev_region(number, 1);
}
""".replace("static dev_t", "static const struct proc_ops proc = { };\nstatic dev_t", 1)

STEPS = ("alloc_chrdev_region", "cdev_add", "class_create", "device_create", "proc_create")


def test_registrations_fail_as_their_types_say(session: Session, tmp_path: Path) -> None:
    verdict, evidence = attempt(session, lesson_of(tmp_path, str([*STEPS])), REGISTRATIONS)
    assert verdict.outcome is Outcome.PASS, verdict
    assert [run.fault.function for run in evidence.checks[0].faulted if run.fault] == [*STEPS]


def test_a_registration_that_is_not_undone_is_told(session: Session, tmp_path: Path) -> None:
    body = REGISTRATIONS.replace("goto no_proc;", "goto no_device;")
    verdict, _ = attempt(session, lesson_of(tmp_path, '["proc_create"]'), body)
    assert verdict.outcome is not Outcome.PASS
    line = line_of(HEAD + body, "proc_create(")
    assert (verdict.reason or "").startswith(f"When proc_create() at bad.c:{line} fails: ")


def test_only_calls_of_the_module_itself_count(session: Session, tmp_path: Path) -> None:
    body = """static char *text;
static unsigned long *bits;

static int __init bad_init(void)
{
	text = kasprintf(GFP_KERNEL, "%d", 1);
	if (!text)
		return -ENOMEM;
	bits = bitmap_zalloc(1000, GFP_KERNEL);
	if (!bits) {
		kfree(text);
		return -ENOMEM;
	}
	return 0;
}

static void __exit bad_exit(void)
{
	bitmap_free(bits);
	kfree(text);
}
"""
    verdict, evidence = attempt(session, lesson_of(tmp_path, "true"), body)
    assert verdict.outcome is Outcome.PASS
    assert [run.fault.function for run in evidence.checks[0].faulted if run.fault] == [
        "kasprintf",
        "bitmap_zalloc",
    ]


def test_a_function_that_cannot_fail_is_the_labs_trouble(session: Session, tmp_path: Path) -> None:
    verdict, _ = attempt(session, lesson_of(tmp_path, '["no_such_function"]'), TWO_ALLOCATIONS)
    assert verdict.outcome is Outcome.ERROR
    assert "cannot make those calls fail" in (verdict.reason or "")


def test_the_lab_leaves_the_kernel_as_it_would_be_without(machine: QemuMachine) -> None:
    assert machine.run("cat /proc/sys/kernel/tainted").stdout == b"0\n"
    assert machine.run("cat /sys/kernel/debug/kprobes/list").stdout == b""
    assert b"kmodlab" in machine.run("cat /proc/modules").stdout
