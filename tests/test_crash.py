# SPDX-License-Identifier: MIT
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmodlab.evidence import crash, klog
from kmodlab.evidence.finding import Address, Finding
from kmodlab.evidence.klog import Level, Record

LOGS = Path(__file__).parent / "data/console-logs"
EXPECTED = dict(
    line.split("\t") for line in (LOGS / "EXPECTED.tsv").read_text().splitlines() if not line.startswith("#")
)
REPORTS = Path(__file__).parent / "data/reports"
SAID = [tuple(line.split("\t")) for line in (REPORTS / "EXPECTED.tsv").read_text().splitlines()[1:]]
READ_ELSEWHERE = {
    "slub_leak_one.log"
}  # its leak shows in alloc_traces, which are no part of the kernel's log


def expected_kinds(name: str) -> set[str]:
    kinds = EXPECTED[name].split(" ")[0]
    return set() if kinds == "-" or name in READ_ELSEWHERE else set(kinds.split(","))


def console(name: str) -> tuple[str, str]:
    """What was printed before the scenario began (a clean boot), and during it."""
    before, _, after = (LOGS / name).read_text(errors="replace").partition("@@@BEGIN")
    return before, after.partition("@@@END")[0]


def findings(name: str) -> dict[str, Finding]:
    return {finding.kind: finding for finding in crash.read(klog.parse(console(name)[1]))}


def reported(*texts: str) -> tuple[Finding, ...]:
    return crash.read([Record(number, 1.0, Level.ERR, text) for number, text in enumerate(texts)])


def only(*texts: str) -> Finding:
    [finding] = reported(*texts)
    return finding


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_recorded_log_gives_the_kinds_that_are_expected(name: str) -> None:
    assert set(findings(name)) == expected_kinds(name)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_clean_boot_gives_no_finding(name: str) -> None:
    assert crash.read(klog.parse(console(name)[0])) == ()


@pytest.mark.parametrize("name", sorted({name for name, *_ in SAID}))
def test_a_bug_is_told_in_plain_words(name: str) -> None:
    found = crash.read(klog.parse((REPORTS / f"{name}.log").read_text()))
    assert [(name, finding.kind, finding.message) for finding in found] == [
        said for said in SAID if said[0] == name
    ]


def test_the_function_that_returned_wrongly_is_named_though_no_trace_leads_there() -> None:
    [finding] = crash.read(klog.parse((REPORTS / "irqoff.log").read_text()))
    assert finding.addresses[0] == Address("bad_init", 0, "bad", "reported")


def test_a_trace_of_guesses_is_better_than_none() -> None:
    [finding] = crash.read(klog.parse((REPORTS / "badfunc.log").read_text()))
    assert finding.function == "bad_init"


def test_the_line_that_faulted_comes_first_and_the_callers_follow() -> None:
    assert findings("null.log")["null-deref"].addresses[:2] == (
        Address("bug_init", 0x228, "bug", "accessed", 0x1000),
        Address("do_one_initcall", 0x59, None, "called", 0x220),
    )


def test_stale_entries_of_a_trace_are_left_out() -> None:
    functions = {address.function for address in findings("atomic.log")["sleep-in-atomic"].addresses}
    assert "msleep" in functions
    assert "__bpf_trace_tick_stop" not in functions


def test_the_log_of_a_finding_is_the_whole_report_and_nothing_else() -> None:
    log = findings("refc.log")["refcount"].log
    assert log[0] == "[    3.565154] ------------[ cut here ]------------" or log[0].endswith(
        "[ cut here ]------------"
    )
    assert log[1].endswith("refcount_t: decrement hit 0; leaking memory.")
    assert any("RIP: 0010:refcount_warn_saturate" in line for line in log)
    assert log[-1].endswith("---[ end trace 0000000000000000 ]---")


def test_an_object_freed_twice_names_who_freed_and_who_allocated_it() -> None:
    addresses = findings("slub_double_free_slub.log")["double-free"].addresses
    assert [address for address in addresses if address.module or address.role != "called"] == [
        Address("leak_exit", 0x42, "leak", "called", 0xFF3),
        Address("leak_exit", 0x2A, "leak", "freed", 0xFF3),
        Address("0xffffffffc048701b", 0, None, "allocated"),
    ]


def test_memory_dumps_are_cut_and_the_cut_is_told() -> None:
    log = findings("slub_double_free_slub.log")["double-free"].log
    assert len(log) <= crash.MOST_LINES + 1
    assert any(line.endswith("more lines of memory are not shown)") for line in log)
    assert any("leak_exit+0x42/0xff3 [leak]" in line for line in log)


def test_a_lockup_that_is_reported_again_is_counted() -> None:
    found = findings("softlockup_fast.log")
    assert (found["soft-lockup"].count, found["rcu-stall"].count) == (2, 3)
    assert found["soft-lockup"].addresses[0] == Address("bug_init", 0x635, "bug", "spinning", 0x1000)
    assert findings("hung.log")["hung-task"].count == 4


def test_two_warnings_at_two_places_are_two_findings() -> None:
    assert len(crash.read(klog.parse(console("warn.log")[1]))) == 2


def test_a_warning_in_the_module_has_its_line_from_the_log() -> None:
    finding = findings("warn.log")["warn"]
    assert (finding.file, finding.line, finding.function) == ("bug.c", 25, "bug_init")
    assert finding.message.endswith("warn at bug.c:25: custom warn.")


def test_a_damaged_slab_that_is_found_again_is_one_finding() -> None:
    text = console("slub_double_free_slub.log")[1]
    assert text.count("): ") > 1
    assert [finding.kind for finding in crash.read(klog.parse(text))] == ["double-free"]


def test_only_the_named_modules_are_the_learners() -> None:
    records = klog.parse(console("null.log")[1])
    assert crash.read(records, modules=["other"])[0].function is None
    assert crash.read(records, modules=["bug"])[0].function == "bug_init"


@pytest.mark.parametrize(
    ("address", "kind", "words"),
    [
        ("0000000000000000", "null-deref", "read from a NULL pointer."),
        ("0000000000000018", "null-deref", "24 bytes on"),
        ("6b6b6b6b6b6b6b6b", "use-after-free", "memory that was freed"),
        ("6b6b6b6b6b6b6b73", "use-after-free", "memory that was freed"),
        ("5a5a5a5a5a5a5a5a", "page-fault", "never filled in"),
        ("dead000000000108", "list-corruption", "removed from its list"),
        ("fffffffffffffff4", "page-fault", "ENOMEM"),
        ("00007ffd12345678", "page-fault", "copy_from_user"),
        ("0000000000002710", "page-fault", "10000"),
        ("ffffffffc0401000", "page-fault", "unloaded"),
        ("ff3434e90e3aa858", "page-fault", "no memory"),
    ],
)
def test_the_address_of_a_fault_tells_what_it_was(address: str, kind: str, words: str) -> None:
    finding = only(
        f"BUG: unable to handle page fault for address: {address}",
        "#PF: supervisor read access in kernel mode",
    )
    assert finding.kind == kind
    assert words in finding.message


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("BUG: KASAN: slab-use-after-free in f+0x1/0x2 [m]", "use-after-free"),
        ("BUG: KASAN: slab-out-of-bounds in f+0x1/0x2 [m]", "overflow"),
        ("BUG: KASAN: double-free in f+0x1/0x2 [m]", "double-free"),
        ("BUG: KFENCE: use-after-free read in f+0x1/0x2 [m]", "use-after-free"),
        ("BUG: KFENCE: invalid free in f+0x1/0x2 [m]", "invalid-free"),
        ("UBSAN: array-index-out-of-bounds in a.c:3:4", "overflow"),
        ("UBSAN: shift-out-of-bounds in a.c:3:4", "warn"),
        ("BUG kmalloc-64 (Tainted: G O): kmalloc Redzone overwritten", "overflow"),
        ("BUG: sleeping function called from invalid context at mm/slab.h:1", "sleep-in-atomic"),
        ("BUG: spinlock bad magic on CPU#0, insmod/93", "bug"),
        ("WARNING: possible circular locking dependency detected", "warn"),
        ("WARNING: a.c:3 at f+0x1/0x2 [m], CPU#1: insmod/93", "warn"),
        (
            "Oops: general protection fault, probably for non-canonical address 0x1234567890abcdef: 0000",
            "gpf",
        ),
        ("general protection fault: 0000 [#1] PREEMPT SMP", "gpf"),
        ("Oops: divide error: 0000 [#1] SMP", "bug"),
        ("kernel BUG at mm/slub.c:419!", "double-free"),
        ("kernel BUG at a.c:3!", "bug"),
        ("rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:", "rcu-stall"),
        ("rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { 1-...", "rcu-stall"),
        ("watchdog: Watchdog detected hard LOCKUP on cpu 0", "hang"),
        ("Kernel panic - not syncing: NMI: Not continuing", "hang"),
        ("counter_inc: disagrees about version of symbol shared_counter", "load-error"),
        ("hello: version magic '6.1.0 SMP' should be '6.12.0 SMP'", "load-error"),
    ],
)
def test_a_report_is_known_by_its_first_line(header: str, kind: str) -> None:
    finding = only(header)
    assert finding.kind == kind
    assert "{" not in finding.message


def test_the_bytes_that_were_overwritten_are_counted_in_old_and_new_wording() -> None:
    header = "BUG kmalloc-64 (Tainted: G O): Right Redzone overwritten"
    for where in ("0xff00-0xff03 @offset=1.", "[Right Redzone overwritten] 0xff00-0xff03 @offset=1."):
        assert only(header, f"{where} First byte 0x41 instead of 0xcc").bytes == 4


def test_an_unresolved_symbol_is_a_load_error_with_its_name() -> None:
    line = "counter_inc: Unknown symbol shared_counter (err -2)"
    finding = only(line, line)
    assert (finding.kind, finding.count) == ("load-error", 2)
    assert "shared_counter" in finding.message


def test_a_refused_parameter_is_no_finding() -> None:
    assert (
        reported("params: `abc' invalid for parameter `my_param'", "params: unknown parameter 'x' ignored")
        == ()
    )


def test_an_oops_while_the_task_dies_belongs_to_the_first() -> None:
    first = ("BUG: kernel NULL pointer dereference, address: 0000000000000000", "Call Trace:", " </TASK>")
    second = (
        "BUG: scheduling while atomic: insmod/92/0x2",
        "Call Trace:",
        " make_task_dead+0x81/0x160",
        " </TASK>",
    )
    assert [finding.kind for finding in reported(*first, *second)] == ["null-deref"]


def test_a_single_line_does_not_swallow_the_report_after_it() -> None:
    cut = "------------[ cut here ]------------"
    found = reported("a: Unknown symbol b (err -2)", cut, "WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2 [a]")
    assert [finding.kind for finding in found] == ["load-error", "warn"]


def test_what_a_program_wrote_into_the_log_is_not_believed() -> None:
    forged = Record(0, 1.0, Level.EMERG, "Kernel panic - not syncing: really", facility=1)
    assert crash.read([forged]) == ()
    assert not crash.is_fatal([forged])


def test_what_a_module_says_in_the_middle_of_a_line_is_no_report() -> None:
    assert (
        reported("hello: Kernel panic - not syncing", "hello: BUG: nothing", "hello: WARNING: nothing") == ()
    )


@pytest.mark.parametrize("name", ["null_panic.log", "softlockup.log", "softlockup_fast.log", "hung.log"])
def test_a_machine_that_will_not_go_on_is_known_as_such(name: str) -> None:
    assert crash.is_fatal(klog.parse(console(name)[1]))


@pytest.mark.parametrize("name", ["null.log", "warn.log", "slub_clean.log", "slub_double_free_slub.log"])
def test_a_machine_that_goes_on_is_worth_waiting_for(name: str) -> None:
    assert not crash.is_fatal(klog.parse(console(name)[1]))


REAL_LINES = sorted({record.text for name in EXPECTED for record in klog.parse(console(name)[1])})


@given(st.lists(st.one_of(st.sampled_from(REAL_LINES), st.text())))
def test_no_order_of_lines_is_too_strange_to_read(texts: list[str]) -> None:
    for finding in reported(*texts):
        assert finding.message
        assert 0 < len(finding.log) <= crash.MOST_LINES + 1
