# SPDX-License-Identifier: MIT
"""What modules leave in memory, and what only looks as if they did: found in real kernels, at the right line."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from kmodlab.evidence import memory
from kmodlab.evidence.finding import Finding, Location
from kmodlab.evidence.memory import Allocation
from kmodlab.grading.verdict import Outcome, RunReport
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


@dataclass(frozen=True)
class Part:
    """What one of several things makes a module hold: before its functions, in init, in exit."""

    before: str = ""
    init: str = ""
    exit: str = ""


def module(part: Part) -> str:
    return (
        f"{HEADERS}{part.before}\nstatic int __init bad_init(void)\n{{\n{part.init}\n\treturn 0;\n}}\n\n"
        f"static void __exit bad_exit(void)\n{{\n{part.exit}\n}}\n{FOOTER}"
    )


def together(parts: Mapping[str, Part]) -> str:
    """A module that does all of it; `// HERE` in a part becomes a comment with the part's name."""

    def of_all(place: str) -> list[str]:
        texts = (getattr(part, place).replace("// HERE", f"// {name}") for name, part in parts.items())
        return [text for text in texts if text]

    init, exit = ("\n".join(f"\t{{\n{text}\n\t}}" for text in of_all(place)) for place in ("init", "exit"))
    return module(Part("\n".join(of_all("before")), init, exit))


def run(session: Session, sources: str | Mapping[str, str], *commands: str) -> RunReport:
    named = {"bad.c": sources} if isinstance(sources, str) else sources
    report = session.run({name: text.encode() for name, text in named.items()}, commands=commands)
    assert [message.text for message in report.diagnostics if message.severity == "error"] == []
    return report


def line_of(source: str, text: str) -> int:
    return next(number for number, line in enumerate(source.splitlines(), start=1) if text in line)


def told_by_name(report: RunReport, sources: Mapping[str, str]) -> dict[str, Finding]:
    """The findings, by the comments at the lines that they name."""
    told = {}
    for finding in report.findings:
        line = sources[finding.file].splitlines()[finding.line - 1] if finding.file and finding.line else ""
        told[line.partition("// ")[2]] = finding
    assert len(told) == len(report.findings), [finding.message for finding in report.findings]
    return told


def the_one(report: RunReport, kind: str) -> Finding:
    assert [(finding.kind, finding.message) for finding in report.findings if finding.kind != kind] == []
    assert len(report.findings) == 1, [finding.message for finding in report.findings]
    return report.findings[0]


NODE = "struct node { struct rcu_head rcu; char text[40]; struct node *next; };\n"
CACHE = "static struct kmem_cache *cache;\nstatic void *object;\n"
MADE = '\tcache = kmem_cache_create("own", 120, 0, 0, NULL); // the cache'
TAKEN = "\n\tobject = kmem_cache_alloc(cache, GFP_KERNEL); // HERE"

LEAKS = {  # how many, and how many bytes
    "a block": (Part("static void *block;", "\tblock = kmalloc(100, GFP_KERNEL); // HERE"), 1, 100),
    "another block": (Part("static void *other;", "\tother = kmalloc(100, GFP_KERNEL); // HERE"), 1, 100),
    "a block taken by exit": (
        Part("static void *late;", exit="\tlate = kzalloc(300, GFP_KERNEL); // HERE"), 1, 300,
    ),
    "a copy of a text": (Part("static char *text;", '\ttext = kstrdup("hello", GFP_KERNEL); // HERE'), 1, 6),
    "a printed text": (
        Part("static char *printed;", '\tprinted = kasprintf(GFP_KERNEL, "%d", 1234); // HERE'), 1, 5,
    ),
    "pages of vmalloc": (Part("static void *area;", "\tarea = vmalloc(10000); // HERE"), 1, 12288),
    "a helper that is inlined": (
        Part("static inline void *make(void)\n{\n\treturn kmalloc(24, GFP_KERNEL); // HERE\n}\nstatic void *made;",
             "\tmade = make();"),
        1,
        24,
    ),
    "a helper whose call is its last act": (
        Part("static noinline void *give(void)\n{\n\treturn kmalloc(28, GFP_KERNEL); // HERE\n}\nstatic void *given;",
             "\tgiven = give();"),
        1,
        28,
    ),
    "many blocks of one line": (
        Part(NODE + "static struct node *first;", "\tint i;\n\n\tfor (i = 0; i < 50; i++) {\n"
             "\t\tstruct node *node = kmalloc(sizeof(*node), GFP_KERNEL); // HERE\n\n"
             "\t\tnode->next = first;\n\t\tfirst = node;\n\t}"),
        50,
        50 * 64,
    ),
}  # fmt: skip
OTHERS_LEFT = {  # the kind, and what is told
    "a class": (
        Part("static struct class *class;", '\tclass = class_create(THIS_MODULE, "mine"); // HERE'),
        "residue",
        "/sys/class/mine",
    ),
    "/proc/mine": (Part(init='\tproc_mkdir("mine", NULL); // HERE'), "residue", "/proc/mine"),
    "/sys/kernel/debug/mine": (
        Part(init='\tdebugfs_create_dir("mine", NULL); // HERE'), "residue", "/sys/kernel/debug/mine",
    ),
    "a device number": (
        Part("static dev_t number;", '\talloc_chrdev_region(&number, 0, 1, "mine"); // HERE'),
        "residue",
        "character device number",
    ),
    "a region": (
        Part("static struct resource *ports;", '\tports = request_region(0x8000, 16, "mine"); // HERE'),
        "leak",
        "request_region()",
    ),
}  # fmt: skip


def test_what_is_left_behind_is_told_each_at_its_line(session: Session) -> None:
    parts = {name: part for name, (part, *_) in (LEAKS | OTHERS_LEFT).items()}
    source = together(parts)
    told = told_by_name(run(session, source), {"bad.c": source})
    assert told.keys() == parts.keys()
    assert {name: (told[name].kind, told[name].count, told[name].bytes) for name in LEAKS} == {
        name: ("leak", count, size) for name, (_, count, size) in LEAKS.items()
    }
    for name in LEAKS:
        line = line_of(source, f"// {name}")
        assert f"at bad.c:{line} in {told[name].function}" in told[name].message
        assert ("allocated", "bad.c", line) in [(at.role, at.file, at.line) for at in told[name].locations]
        assert told[name].log, name
    for name, (_, kind, words) in OTHERS_LEFT.items():
        assert (name, told[name].kind) == (name, kind)
        assert words in told[name].message
        assert kind == "leak" or "mine" in told[name].message


def test_what_was_taken_on_the_way_to_an_error_is_a_leak(session: Session) -> None:
    source = module(
        Part(
            "static void *block;",
            "\tblock = kmalloc(70, GFP_KERNEL); // HERE\n\tif (block)\n\t\treturn -EIO;",
        )
    )
    finding = the_one(run(session, source), "leak")
    assert (finding.line, finding.count, finding.bytes) == (line_of(source, "// HERE"), 1, 70)
    assert f"at bad.c:{finding.line} in {finding.function}" in finding.message


def test_what_a_second_load_leaves_is_found_beside_an_object_and_a_thread(session: Session) -> None:
    parts = {
        "an object": Part(
            "static struct kobject *kept;", '\tkept = kobject_create_and_add("mine", kernel_kobj); // HERE'
        ),
        "a thread": Part(
            "static int act(void *unused)\n{\n\tschedule_timeout_interruptible(100 * HZ);\n\treturn 0;\n}",
            '\tkthread_run(act, NULL, "mine");\n\tmsleep(20);',
        ),
    }
    again = Part("static void *block;", "\tblock = kmalloc(8, GFP_KERNEL); // of two loads")
    sources = {"bad.c": together(parts), "again.c": module(again)}
    told = told_by_name(run(session, sources, "modctl unload again; modctl load /root/again.ko"), sources)
    assert {name: (finding.kind, finding.count, finding.bytes) for name, finding in told.items()} == {
        "an object": ("residue", None, None),
        "": ("residue", None, None),
        "of two loads": ("leak", 2, 16),
    }
    assert "/sys/kernel/mine" in told["an object"].message
    assert "kernel thread mine" in told[""].message


def test_objects_in_a_cache_that_is_never_destroyed_are_told_too(session: Session) -> None:
    source = module(Part(CACHE, MADE + TAKEN))
    told = told_by_name(run(session, source), {"bad.c": source})
    assert {name: (finding.kind, finding.bytes) for name, finding in told.items()} == {
        "the cache": ("leak", None),
        "HERE": ("leak", 120),
    }
    assert "cache own" in told["the cache"].message
    assert "object of the cache own" in told["HERE"].message


def test_a_cache_destroyed_with_objects_in_it_is_one_leak(session: Session) -> None:
    source = module(Part(CACHE, MADE + TAKEN, "\tkmem_cache_destroy(cache);"))
    report = run(session, source)
    assert {finding.kind for finding in report.findings} <= {"leak", "warn"}
    leaks = [finding for finding in report.findings if finding.kind == "leak"]
    assert [finding.line for finding in leaks] == [line_of(source, "// HERE")]


CLEAN = {
    "freed elsewhere": Part(
        "static void *block;\nstatic noinline void drop(void *what)\n{\n\tkfree(what);\n}",
        "\tblock = kmalloc(90, GFP_KERNEL);",
        "\tdrop(block);",
    ),
    "freed after a grace period": Part(
        NODE + "static struct node *first;", "\tfirst = kmalloc(sizeof(*first), GFP_KERNEL);",
        "\tkfree_rcu(first, rcu);\n\tfirst = NULL;",
    ),
    "a cache of its own": Part(CACHE, MADE + TAKEN, "\tkmem_cache_free(cache, object);\n\tkmem_cache_destroy(cache);"),
    "a file in /proc with a long name": Part(
        "", '\tproc_mkdir("a_folder_with_quite_a_long_name", NULL);',
        '\tremove_proc_entry("a_folder_with_quite_a_long_name", NULL);',
    ),
    "a device": Part(
        "static struct class *class;\nstatic dev_t number;\nstatic struct cdev cdev;\n"
        "static const struct file_operations operations = { .owner = THIS_MODULE };",
        '\talloc_chrdev_region(&number, 0, 1, "mine");\n\tcdev_init(&cdev, &operations);\n'
        "\tcdev_add(&cdev, number, 1);\n"
        '\tclass = class_create(THIS_MODULE, "mine");\n\tdevice_create(class, NULL, number, NULL, "mine");',
        "\tdevice_destroy(class, number);\n\tclass_destroy(class);\n\tcdev_del(&cdev);\n"
        "\tunregister_chrdev_region(number, 1);",
    ),
    "a misc device": Part(
        'static struct miscdevice misc = { .minor = MISC_DYNAMIC_MINOR, .name = "other" };',
        "\tmisc_register(&misc);", "\tmisc_deregister(&misc);",
    ),
    "a workqueue": Part(
        "static struct workqueue_struct *queue;\nstatic struct work_struct work;\n"
        'static void work_on(struct work_struct *unused)\n{\n\tpr_info("working\\n");\n}',
        '\tqueue = alloc_workqueue("mine", WQ_MEM_RECLAIM, 1);\n\tINIT_WORK(&work, work_on);\n'
        "\tqueue_work(queue, &work);",
        "\tdestroy_workqueue(queue);",
    ),
    "a thread that is stopped": Part(
        "static struct task_struct *thread;\nstatic int act(void *unused)\n{\n\twhile (!kthread_should_stop())\n"
        "\t\tmsleep_interruptible(20);\n\treturn 0;\n}",
        '\tthread = kthread_run(act, NULL, "mine");', "\tkthread_stop(thread);",
    ),
    "a timer that is deleted": Part(
        "static void ring(struct timer_list *unused)\n{\n}\nstatic DEFINE_TIMER(timer, ring);",
        "\tmod_timer(&timer, jiffies + HZ);", "\tdel_timer_sync(&timer);",
    ),
    "a folder in debugfs": Part(
        "static struct dentry *folder;\nstatic u32 value;",
        '\tfolder = debugfs_create_dir("mine", NULL);\n\tdebugfs_create_u32("value", 0644, folder, &value);',
        "\tdebugfs_remove(folder);",
    ),
    "an object in sysfs": Part(
        "static struct kobject *kept;", '\tkept = kobject_create_and_add("mine", kernel_kobj);', "\tkobject_put(kept);",
    ),
    "large areas": Part(
        "static void *area, *other;", "\tarea = vmalloc(100000);\n\tother = kvmalloc(300000, GFP_KERNEL);",
        "\tvfree(area);\n\tkvfree(other);",
    ),
}  # fmt: skip


def test_what_is_given_back_is_no_leak(session: Session) -> None:
    look = (
        "ls /sys/class/mine /dev/other /sys/kernel/mine /proc/a_folder* && cat /sys/kernel/debug/mine/value"
    )
    report = run(session, together(CLEAN), look)
    assert [(finding.message, finding.file, finding.line) for finding in report.findings] == []
    assert report.outcome is Outcome.PASS


ONE = "static volatile char *block;\n"
BLOCK = "\tblock = kmalloc(64, GFP_KERNEL); // TAKEN\n"

MISUSE = {  # the line that has to be named is marked
    "overflow": Part(ONE, BLOCK + "\tblock[64] = 1;", "\tkfree((void *)block); // HERE"),
    "use-after-free": Part(ONE, BLOCK + "\tkfree((void *)block); // HERE\n\tblock[8] = 1;"),
    "double-free": Part(ONE, BLOCK, "\tkfree((void *)block);\n\tkfree((void *)block); // HERE"),
    "invalid-free": Part(ONE, BLOCK, "\tkfree((void *)block + 8); // HERE"),
}


@pytest.mark.parametrize("kind", MISUSE)
def test_misuse_of_a_block_is_found_once_at_its_line(session: Session, kind: str) -> None:
    source = module(MISUSE[kind])
    assert the_one(run(session, source), kind).line == line_of(source, "// HERE")


def test_an_overflow_of_a_block_that_is_kept_is_found_when_the_slabs_are_checked(session: Session) -> None:
    source = together({"a block": Part(ONE, BLOCK + "\tblock[64] = 1;"), "an empty cache": Part(CACHE, MADE)})
    overflow, *leaks = sorted(run(session, source).findings, key=lambda finding: finding.kind != "overflow")
    assert overflow.kind == "overflow"
    assert re.search(r"kmalloc-64", overflow.message)
    assert overflow.line == line_of(source, "// TAKEN")
    assert {(leak.kind, leak.line) for leak in leaks} == {
        ("leak", line_of(source, "// TAKEN")),
        ("leak", line_of(source, "// the cache")),
    }
    assert len(leaks) == 2


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
