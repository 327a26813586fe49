# SPDX-License-Identifier: MIT
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmodlab.evidence import klog
from kmodlab.evidence.klog import Level, Record

CONSOLE_LOGS = sorted((Path(__file__).parent / "data/console-logs").glob("*.log"))


def only(text: str) -> Record:
    [record] = klog.parse(text)
    return record


def test_a_line_of_the_syslog_format_gives_level_time_and_text() -> None:
    assert only("<6>[    1.234567] hello: Hello, kernel!\r\n") == Record(
        sequence=0, seconds=1.234567, level=Level.INFO, text="hello: Hello, kernel!"
    )


@pytest.mark.parametrize(
    ("priority", "facility", "level"),
    [
        (0, 0, Level.EMERG),
        (3, 0, Level.ERR),
        (7, 0, Level.DEBUG),
        (14, 1, Level.INFO),
        (12, 1, Level.WARNING),
    ],
)
def test_the_priority_holds_facility_and_level(priority: int, facility: int, level: Level) -> None:
    record = only(f"<{priority}>[    0.000000] x\r\n")
    assert (record.facility, record.level) == (facility, level)


def test_the_caller_is_no_part_of_the_text() -> None:
    assert only("<6>[    1.200000][    T12] a\r\n").text == "a"
    assert only("<6>[    1.200000] [     C0] b\r\n").text == "b"


def test_text_that_looks_like_a_record_stays_text() -> None:
    assert (
        only("<6>[    1.000000] <0>[    1.000000] Kernel panic\r\n").text == "<0>[    1.000000] Kernel panic"
    )


def test_spaces_of_the_message_are_kept() -> None:
    assert only("<4>[    1.000000]  <TASK>\r\n").text == " <TASK>"
    assert only("<4>[    1.000000] trailing  \r\n").text == "trailing  "


def test_an_empty_message_is_a_record() -> None:
    assert only("<4>[    1.000000] \r\n").text == ""
    assert only("<4>[    1.000000]\r\n").text == ""


def test_the_default_console_format_has_no_level_and_counts_as_unknown() -> None:
    assert only("[    2.437461] bug: which=null\r\n").level is klog.UNKNOWN_LEVEL


def test_lines_that_are_no_record_are_skipped() -> None:
    records = klog.parse("34567] cut\r\nSeaBIOS (version 1.16.2)\r\n\r\n<6>[    1.000000] one\r\nrc=0\r\n")
    assert [record.text for record in records] == ["one"]


def test_the_firmware_clearing_the_screen_does_not_hide_the_first_record() -> None:
    assert (
        only("EDD ... o\x1bc\x1b[?7l\x1b[2J<5>[    0.000000] Linux version 6.1\r\n").text
        == "Linux version 6.1"
    )


def test_records_are_counted_from_zero() -> None:
    records = klog.parse("<6>[    1.000000] a\r\nnoise\r\n<6>[    1.000000] b\r\n")
    assert [record.sequence for record in records] == [0, 1]


def test_a_last_line_without_its_end_is_read() -> None:
    assert only("<0>[    1.000000] Kernel panic - not sync").text == "Kernel panic - not sync"


@pytest.mark.parametrize(
    "text",
    [
        "hello: loading out-of-tree module taints kernel.",
        "hello: module verification failed: signature and/or required key missing - tainting kernel",
        "hrtimer: interrupt took 11410230 ns",
        "Disabling lock debugging due to kernel taint",
    ],
)
def test_what_is_said_of_any_module_built_out_of_tree_is_benign(text: str) -> None:
    assert only(f"<4>[    1.000000] {text}\r\n").is_benign


@pytest.mark.parametrize(
    "text", ["hello: module license 'Proprietary' taints kernel.", "hello: Hello, kernel!"]
)
def test_other_messages_are_not_benign(text: str) -> None:
    assert not only(f"<4>[    1.000000] {text}\r\n").is_benign


# as the lab's guest logged it when a module with trace_printk() was loaded
TRACE_PRINTK = """\
<4>[   10.474922] ftrace_lab: loading out-of-tree module taints kernel.
<5>[   10.543893] ftrace_lab: module verification failed: signature and/or required key missing - tainting kernel
<4>[   10.602938] \n\
<4>[   10.603101] **********************************************************
<4>[   10.603212] **   NOTICE NOTICE NOTICE NOTICE NOTICE NOTICE NOTICE   **
<4>[   10.610965] **                                                      **
<4>[   10.611205] ** trace_printk() being used. Allocating extra memory.  **
<4>[   10.611417] **                                                      **
<4>[   10.611587] ** This means that this is a DEBUG kernel and it is     **
<4>[   10.619901] ** unsafe for production use.                           **
<4>[   10.620125] **                                                      **
<4>[   10.620314] ** If you see this message and you are not debugging    **
<4>[   10.620478] ** the kernel, report this immediately to your vendor!  **
<4>[   10.620606] **                                                      **
<4>[   10.620739] **   NOTICE NOTICE NOTICE NOTICE NOTICE NOTICE NOTICE   **
<4>[   10.620851] **********************************************************
"""


def test_the_box_about_trace_printk_is_benign_as_a_whole() -> None:
    records = klog.parse(TRACE_PRINTK)
    assert [record.text for record in records] == [
        line.partition("] ")[2] for line in TRACE_PRINTK.splitlines()
    ]
    assert all(record.is_benign for record in records)


def test_what_comes_right_before_and_after_the_box_is_not_benign() -> None:
    mine = "<4>[   10.600000] \n", "<4>[   10.700000] **   NOTICE   **\n"
    records = klog.parse(mine[0] + TRACE_PRINTK.partition("\n")[2].partition("\n")[2] + mine[1])
    assert [number for number, record in enumerate(records) if not record.is_benign] == [0, len(records) - 1]


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("** trace_printk() being used. Allocating extra memory.  **", "** my own memory **"),
        ("** unsafe for production use.                           **", "<4>[   10.619999] mine"),
        ("** If you see this message and you are not debugging    **\n", "\n"),
    ],
)
def test_a_box_that_merely_looks_similar_is_not_benign(line: str, instead: str) -> None:
    assert line in TRACE_PRINTK
    records = klog.parse(TRACE_PRINTK.replace(line, instead))
    assert [record.text for record in records if record.is_benign] == [records[0].text, records[1].text]


@pytest.mark.parametrize("line", sorted(set(TRACE_PRINTK.splitlines()[2:])))
def test_a_line_of_the_box_is_not_benign_by_itself(line: str) -> None:
    assert not only(line).is_benign


def test_records_stay_in_order_when_a_box_breaks_off() -> None:
    begun = "\n".join(TRACE_PRINTK.splitlines()[:6])
    records = klog.parse(f"{begun}\n{TRACE_PRINTK}")
    assert [record.sequence for record in records] == [*range(len(records))]
    assert [record.is_benign for record in records[2:6]] == [False] * 4
    assert all(record.is_benign for record in records[6:])


def test_bytes_that_are_no_text_are_replaced() -> None:
    [record] = klog.Reader().feed(b"<6>[    1.000000] \xff\xfeA\r\n")
    assert record.text == "\ufffd\ufffdA"


def test_the_reader_keeps_a_partial_line_until_it_ends() -> None:
    reader = klog.Reader()
    assert reader.feed(b"<6>[    1.0000") == []
    assert [record.text for record in reader.feed(b"00] one\r\n<6>[  ")] == ["one"]
    assert [record.sequence for record in reader.feed(b"  2.000000] two\r\n")] == [1]
    assert reader.finish() == []


def test_noise_without_a_line_end_is_not_kept_for_ever() -> None:
    reader = klog.Reader()
    for _ in range(1000):
        reader.feed(b"x" * 10_000)
    assert [record.text for record in reader.feed(b"\n<6>[    1.000000] after\n")] == ["after"]


@pytest.mark.parametrize("path", CONSOLE_LOGS, ids=lambda path: path.stem)
def test_a_recorded_log_reads_the_same_whole_and_in_pieces(path: Path) -> None:
    console = path.read_bytes()
    reader = klog.Reader()
    pieces = [
        record for start in range(0, len(console), 97) for record in reader.feed(console[start : start + 97])
    ]
    whole = klog.parse(console.decode(errors="replace"))
    assert tuple(pieces + reader.finish()) == whole
    assert whole[0].text.startswith("Linux version 6.1")
    assert len(whole) > 300


@given(st.text())
def test_no_text_is_too_strange_to_parse(text: str) -> None:
    klog.parse(text)


@given(
    st.integers(0, 191), st.floats(0, 1e6), st.text(st.characters(codec="utf-8", exclude_characters="\r\n"))
)
def test_whatever_the_kernel_prints_comes_back(priority: int, seconds: float, text: str) -> None:
    record = only(f"<{priority}>[{seconds:12.6f}] {text}\r\n")
    assert (record.text, record.facility * 8 + record.level) == (text, priority)
    assert record.seconds == pytest.approx(seconds, abs=1e-6)
