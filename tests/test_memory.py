# SPDX-License-Identifier: MIT
"""What modules leave in memory, and what only looks as if they did: found in real kernels, at the right line."""

import re

import pytest

from kmodlab.evidence import memory
from kmodlab.evidence.finding import Finding, Location
from kmodlab.evidence.memory import Allocation
from kmodlab.grading.verdict import RunReport
from kmodlab.session import Session

HEADERS = """// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/cdev.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/ioport.h>
#include <linux/kthread.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

"""
FOOTER = """
module_init(bad_init);
module_exit(bad_exit);
MODULE_LICENSE("GPL");
"""


def module(before: str = "", init: str = "", exit: str = "") -> str:
    return (
        f"{HEADERS}{before}\nstatic int __init bad_init(void)\n{{\n{init}\n\treturn 0;\n}}\n\n"
        f"static void __exit bad_exit(void)\n{{\n{exit}\n}}\n{FOOTER}"
    )


def run(session: Session, source: str, *commands: str) -> RunReport:
    report = session.run({"bad.c": source.encode()}, commands=commands)
    assert [message.text for message in report.diagnostics if message.severity == "error"] == []
    return report


def line_of(source: str, text: str) -> int:
    return next(number for number, line in enumerate(source.splitlines(), start=1) if text in line)


def the_one(report: RunReport, kind: str) -> Finding:
    assert [(finding.kind, finding.message) for finding in report.findings if finding.kind != kind] == []
    assert len(report.findings) == 1, [finding.message for finding in report.findings]
    return report.findings[0]


NODE = "struct node { struct rcu_head rcu; char text[40]; struct node *next; };\nstatic struct node *first;\n"

LEAKS = {
    "a block": (module("static void *block;\n", "\tblock = kmalloc(100, GFP_KERNEL); // HERE"), 1, 100),
    "a block taken by exit": (
        module("static void *block;\n", "", "\tblock = kzalloc(300, GFP_KERNEL); // HERE"),
        1,
        300,
    ),
    "a block on the way to an error": (
        module("static void *block;\n", "\tblock = kmalloc(70, GFP_KERNEL); // HERE\n\tif (block)\n\t\treturn -EIO;"),
        1,
        70,
    ),
    "a copy of a text": (module("static char *text;\n", '\ttext = kstrdup("hello", GFP_KERNEL); // HERE'), 1, 6),
    "a printed text": (module("static char *text;\n", '\ttext = kasprintf(GFP_KERNEL, "%d", 1234); // HERE'), 1, 5),
    "pages of vmalloc": (module("static void *area;\n", "\tarea = vmalloc(10000); // HERE"), 1, 12288),
    "a helper that is inlined": (
        module("static inline void *make(void)\n{\n\treturn kmalloc(24, GFP_KERNEL); // HERE\n}\nstatic void *block;\n",
               "\tblock = make();"),
        1,
        24,
    ),
    "a helper whose call is its last act": (
        module("static noinline void *make(void)\n{\n\treturn kmalloc(24, GFP_KERNEL); // HERE\n}\n"
               "static void *block;\n", "\tblock = make();"),
        1,
        24,
    ),
    "many blocks of one line": (
        module(NODE, "\tint i;\n\n\tfor (i = 0; i < 50; i++) {\n"
               "\t\tstruct node *node = kmalloc(sizeof(*node), GFP_KERNEL); // HERE\n\n"
               "\t\tnode->next = first;\n\t\tfirst = node;\n\t}"),
        50,
        50 * 64,
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", LEAKS)
def test_what_is_never_freed_is_told_with_line_count_and_bytes(session: Session, what: str) -> None:
    source, count, size = LEAKS[what]
    finding = the_one(run(session, source), "leak")
    line = line_of(source, "// HERE")
    assert (finding.file, finding.line, finding.count, finding.bytes) == ("bad.c", line, count, size)
    assert f"at bad.c:{line} in {finding.function}" in finding.message
    assert ("allocated", "bad.c", line) in [
        (place.role, place.file, place.line) for place in finding.locations
    ]
    assert finding.log


def test_two_lines_are_two_leaks(session: Session) -> None:
    report = run(
        session,
        module("static void *a, *b;\n", "\ta = kmalloc(8, GFP_KERNEL);\n\tb = kmalloc(8, GFP_KERNEL);"),
    )
    assert [finding.kind for finding in report.findings] == ["leak", "leak"]
    assert len({finding.line for finding in report.findings}) == 2


def test_of_a_second_load_leaks_are_found_too(session: Session) -> None:
    source = module("static void *a;\n", "\ta = kmalloc(8, GFP_KERNEL); // HERE")
    report = run(session, source, "modctl unload bad; modctl load /root/bad.ko")
    assert the_one(report, "leak").line == line_of(source, "// HERE")


CACHE = "static struct kmem_cache *cache;\n"
MADE = '\tcache = kmem_cache_create("mine", 120, 0, 0, NULL); // CACHE'


def test_a_cache_that_is_never_destroyed_is_a_leak(session: Session) -> None:
    source = module(CACHE, MADE)
    finding = the_one(run(session, source), "leak")
    assert "cache mine" in finding.message
    assert finding.line == line_of(source, "// CACHE")


def test_objects_in_such_a_cache_are_told_too(session: Session) -> None:
    source = module(
        CACHE + "static void *object;\n", MADE + "\n\tobject = kmem_cache_alloc(cache, GFP_KERNEL); // HERE"
    )
    cache, objects = run(session, source).findings
    assert (cache.kind, cache.line) == ("leak", line_of(source, "// CACHE"))
    assert (objects.kind, objects.line, objects.bytes) == ("leak", line_of(source, "// HERE"), 120)
    assert "object of the cache mine" in objects.message


def test_a_cache_destroyed_with_objects_in_it_is_one_leak(session: Session) -> None:
    source = module(
        CACHE + "static void *object;\n",
        MADE + "\n\tobject = kmem_cache_alloc(cache, GFP_KERNEL); // HERE",
        "\tkmem_cache_destroy(cache);",
    )
    report = run(session, source)
    assert {finding.kind for finding in report.findings} <= {"leak", "warn"}
    leaks = [finding for finding in report.findings if finding.kind == "leak"]
    assert [finding.line for finding in leaks] == [line_of(source, "// HERE")]


CLEAN = {
    "freed elsewhere": module(
        "static void *block;\nstatic noinline void drop(void *what)\n{\n\tkfree(what);\n}\n",
        "\tblock = kmalloc(90, GFP_KERNEL);",
        "\tdrop(block);",
    ),
    "freed after a grace period": module(
        NODE, "\tfirst = kmalloc(sizeof(*first), GFP_KERNEL);", "\tkfree_rcu(first, rcu);\n\tfirst = NULL;"
    ),
    "a cache of its own": module(
        CACHE + "static void *object;\n",
        MADE + "\n\tobject = kmem_cache_alloc(cache, GFP_KERNEL);",
        "\tkmem_cache_free(cache, object);\n\tkmem_cache_destroy(cache);",
    ),
    "a file in /proc with a long name": module(
        "", '\tproc_mkdir("a_folder_with_quite_a_long_name", NULL);',
        '\tremove_proc_entry("a_folder_with_quite_a_long_name", NULL);',
    ),
    "a device": module(
        "static struct class *class;\nstatic dev_t number;\nstatic struct cdev cdev;\n"
        "static const struct file_operations operations = { .owner = THIS_MODULE };\n",
        '\talloc_chrdev_region(&number, 0, 1, "mine");\n\tcdev_init(&cdev, &operations);\n'
        "\tcdev_add(&cdev, number, 1);\n"
        '\tclass = class_create(THIS_MODULE, "mine");\n\tdevice_create(class, NULL, number, NULL, "mine");',
        "\tdevice_destroy(class, number);\n\tclass_destroy(class);\n\tcdev_del(&cdev);\n"
        "\tunregister_chrdev_region(number, 1);",
    ),
    "a misc device": module(
        'static struct miscdevice misc = { .minor = MISC_DYNAMIC_MINOR, .name = "mine" };\n',
        "\tmisc_register(&misc);", "\tmisc_deregister(&misc);",
    ),
    "a workqueue": module(
        "static struct workqueue_struct *queue;\nstatic struct work_struct work;\n"
        'static void act(struct work_struct *unused)\n{\n\tpr_info("working\\n");\n}\n',
        '\tqueue = alloc_workqueue("mine", WQ_MEM_RECLAIM, 1);\n\tINIT_WORK(&work, act);\n\tqueue_work(queue, &work);',
        "\tdestroy_workqueue(queue);",
    ),
    "a thread that is stopped": module(
        "static struct task_struct *thread;\nstatic int act(void *unused)\n{\n\twhile (!kthread_should_stop())\n"
        "\t\tmsleep_interruptible(20);\n\treturn 0;\n}\n",
        '\tthread = kthread_run(act, NULL, "mine");', "\tkthread_stop(thread);",
    ),
    "a timer that is deleted": module(
        "static void ring(struct timer_list *unused)\n{\n}\nstatic DEFINE_TIMER(timer, ring);\n",
        "\tmod_timer(&timer, jiffies + HZ);", "\tdel_timer_sync(&timer);",
    ),
    "a folder in debugfs": module(
        "static struct dentry *folder;\nstatic u32 value;\n",
        '\tfolder = debugfs_create_dir("mine", NULL);\n\tdebugfs_create_u32("value", 0644, folder, &value);',
        "\tdebugfs_remove(folder);",
    ),
    "an object in sysfs": module(
        "static struct kobject *object;\n", '\tobject = kobject_create_and_add("mine", kernel_kobj);',
        "\tkobject_put(object);",
    ),
    "large areas": module(
        "static void *area, *other;\n", "\tarea = vmalloc(100000);\n\tother = kvmalloc(300000, GFP_KERNEL);",
        "\tvfree(area);\n\tkvfree(other);",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", CLEAN)
def test_what_is_given_back_is_no_leak(session: Session, what: str) -> None:
    report = run(session, CLEAN[what], "cat /sys/kernel/debug/mine/value /proc/a_folder*/* 2>/dev/null; true")
    assert [(finding.kind, finding.message) for finding in report.findings] == []


REGISTERED = {
    "/proc/mine": module("", '\tproc_mkdir("mine", NULL); // HERE'),
    "/sys/class/mine": module("static struct class *class;\n", '\tclass = class_create(THIS_MODULE, "mine"); // HERE'),
    "character device number": module(
        "static dev_t number;\n", '\talloc_chrdev_region(&number, 0, 1, "mine"); // HERE'
    ),
    "/sys/kernel/mine": module(
        "static struct kobject *object;\n", '\tobject = kobject_create_and_add("mine", kernel_kobj); // HERE'
    ),
    "/sys/kernel/debug/mine": module("", '\tdebugfs_create_dir("mine", NULL); // HERE'),
}  # fmt: skip


@pytest.mark.parametrize("what", REGISTERED)
def test_what_stays_registered_is_one_residue_with_its_line(session: Session, what: str) -> None:
    source = REGISTERED[what]
    finding = the_one(run(session, source), "residue")
    assert what in finding.message
    assert "mine" in finding.message
    assert finding.line == line_of(source, "// HERE")


def test_a_region_that_is_not_given_back_is_found_without_a_crash(session: Session) -> None:
    source = module(
        "static struct resource *ports;\n", '\tports = request_region(0x8000, 16, "mine"); // HERE'
    )
    finding = the_one(run(session, source), "leak")
    assert finding.line == line_of(source, "// HERE")
    assert "request_region()" in finding.message


def test_a_thread_left_asleep_is_residue(session: Session) -> None:
    source = module(
        "static int act(void *unused)\n{\n\tschedule_timeout_interruptible(100 * HZ);\n\treturn 0;\n}\n",
        '\tkthread_run(act, NULL, "mine");\n\tmsleep(20);',
    )
    assert "kernel thread mine" in the_one(run(session, source), "residue").message


ONE = "static volatile char *block;\n"
TAKEN = "\tblock = kmalloc(64, GFP_KERNEL); // TAKEN\n"

MISUSE = {  # a module, and what stands in the line that has to be named
    "overflow": (module(ONE, TAKEN + "\tblock[64] = 1;", "\tkfree((void *)block); // HERE"), "// HERE"),
    "use-after-free": (module(ONE, TAKEN + "\tkfree((void *)block); // HERE\n\tblock[8] = 1;"), "// HERE"),
    "double-free": (
        module(ONE, TAKEN, "\tkfree((void *)block);\n\tkfree((void *)block); // HERE"),
        "// HERE",
    ),
    "invalid-free": (module(ONE, TAKEN, "\tkfree((void *)block + 8); // HERE"), "// HERE"),
}


@pytest.mark.parametrize("kind", MISUSE)
def test_misuse_of_a_block_is_found_once_at_its_line(session: Session, kind: str) -> None:
    source, text = MISUSE[kind]
    assert the_one(run(session, source), kind).line == line_of(source, text)


def test_an_overflow_of_a_block_that_is_kept_is_found_when_the_slabs_are_checked(session: Session) -> None:
    source = module(ONE, TAKEN + "\tblock[64] = 1;")
    found = {finding.kind: finding for finding in run(session, source).findings}
    assert set(found) == {"overflow", "leak"}
    assert re.search(r"kmalloc-64", found["overflow"].message)
    assert found["overflow"].line == found["leak"].line == line_of(source, "// TAKEN")


def allocation(cache: str, count: int, size: int | None, *helpers: str, line: int = 5) -> Allocation:
    place = Location("allocated", "bad.c", line, "make")
    inlined = Location("allocated", "include/linux/slab.h", 600, "kmalloc")
    return Allocation(
        cache, count, size, helpers, (inlined, place), (f"{cache}:", f"      {count} make+0x1/0x2")
    )


WORDS = [
    (
        [allocation("kmalloc-8", 1, 1, "kmalloc_trace")],
        "1 block of 1 byte, allocated at bad.c:5 in make, was never freed.",
    ),
    (
        [allocation("kmalloc-8", 2, 6, "__kmalloc"), allocation("kmalloc-32", 1, 20, "__kmalloc")],
        "3 blocks (32 bytes together), allocated at bad.c:5 in make, were never freed.",
    ),
    (
        [allocation("kmalloc-8", 4, 6, "__kmalloc_node_track_caller", "kstrdup")],
        "4 blocks of 6 bytes, allocated by kstrdup() at bad.c:5 in make, were never freed.",
    ),
    (
        [
            allocation("kmalloc-64", 2, 56, "kmalloc_trace", "kobj_map", "cdev_add"),
            allocation("kmalloc-8", 4, 8, "kstrdup", "cdev_add"),
        ],
        "What 4 calls of cdev_add() allocated at bad.c:5 in make (144 bytes) was never freed.",
    ),
    (
        [allocation("mine", 2, 40, "kmem_cache_alloc")],
        "2 objects of the cache mine (40 bytes each), allocated at bad.c:5 in make, were never freed.",
    ),
    (
        [allocation("mapping", 1, 4096, "ioremap")],
        "1 mapping of 4096 bytes, made by ioremap() at bad.c:5 in make, was never undone.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("allocations", "message"), WORDS)
def test_leaks_are_told_in_plain_words(allocations: list[Allocation], message: str) -> None:
    (leak,) = memory.leaks(allocations)
    assert leak.message == message
    assert (leak.file, leak.line, leak.function) == ("bad.c", 5, "make")


def test_each_line_is_a_leak_of_its_own() -> None:
    leaks = list(memory.leaks([allocation("kmalloc-8", 1, 8, "__kmalloc", line=line) for line in (9, 7, 9)]))
    assert [(leak.line, leak.count, leak.bytes) for leak in leaks] == [(7, 1, 8), (9, 2, 16)]


def test_what_only_caches_remember_is_no_leak() -> None:
    assert (
        list(memory.leaks([allocation("kmalloc-32", 1, 20, "__kmalloc", "__proc_create", "proc_create")]))
        == []
    )


def test_a_block_that_the_kernel_refused_to_free_is_not_told_twice() -> None:
    (leak,) = memory.leaks([allocation("kmalloc-64", 1, 64, "kmalloc_trace")])
    refused = ["[    1.5] FIX kmalloc-64: Object at 0xff11000006 not freed"]
    assert memory.is_told(leak, refused)
    assert not memory.is_told(leak, ["[    1.5] FIX kmalloc-32: Object at 0x1 not freed"])
    assert not memory.is_told(Finding("residue", "", log=leak.log), refused)
