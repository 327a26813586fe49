# SPDX-License-Identifier: MIT
"""Expectations held against evidence, without a machine."""

import pytest

from kmodlab.build.diagnostics import Diagnostic
from kmodlab.build.result import BuildEvidence
from kmodlab.evidence.evidence import (
    AllocationEvidence,
    CheckEvidence,
    FileEvidence,
    ModuleEvidence,
    TraceEvidence,
)
from kmodlab.evidence.klog import Level, Record
from kmodlab.grading import expectations
from kmodlab.grading.mismatch import Mismatch
from kmodlab.packs.expectations import (
    AllocationsExpectation,
    BuildExpectation,
    DeviceExpectation,
    FileExpectation,
    LogExpectation,
    ModuleExpectation,
    PythonExpectation,
    SourceExpectation,
    SymbolExpectation,
    TraceExpectation,
    TracerExpectation,
)

BUILT = BuildEvidence(
    succeeded=True,
    modinfo={"m": {"license": ("GPL",), "author": ("A", "B")}},
    exports={"m": {"free": True}, "n": {"open": False}},
    sources={"m.c": "void f(void)\n{\n\tgoto out;\nout:\n\treturn;\n}\n"},
)


def record(text: str, level: Level = Level.INFO, *, facility: int = 0, is_benign: bool = False) -> Record:
    return Record(0, 1.0, level, text, facility, is_benign)


def judged(expectation: object, evidence: CheckEvidence, build: BuildEvidence = BUILT) -> Mismatch | None:
    return next(expectations.of_check([expectation], evidence, build), None)  # type: ignore[list-item]


def log(*records: Record) -> CheckEvidence:
    return CheckEvidence("c", log=records)


def test_a_line_that_is_there_is_as_expected() -> None:
    assert judged(LogExpectation(log="Hello", level="info", count=1), log(record("Hello, kernel!"))) is None


def test_a_line_at_another_level_is_told_with_its_level() -> None:
    mismatch = judged(LogExpectation(log="Hello", level="info"), log(record("Hello", Level.WARNING)))
    assert mismatch == Mismatch(
        "The line is there, but at another level.", "Hello (level info)", "Hello (level warning)"
    )


def test_a_missing_line_is_told_with_what_was_printed_instead() -> None:
    benign = record("hello: loading out-of-tree module taints kernel.", is_benign=True)
    mismatch = judged(LogExpectation(log="Hello"), log(benign, record("Hallo")))
    assert mismatch is not None
    assert (mismatch.expected, mismatch.actual) == ("Hello", "Hallo")


def test_a_silent_module_is_told_as_one() -> None:
    mismatch = judged(LogExpectation(log="Hello"), log())
    assert mismatch is not None
    assert mismatch.actual == "the module printed nothing"


def test_a_line_too_often_is_counted() -> None:
    mismatch = judged(LogExpectation(log="x", count=1), log(record("x"), record("x")))
    assert mismatch is not None
    assert (mismatch.expected, mismatch.actual) == ("x, once", "twice")


def test_a_line_that_must_not_be_there_is_shown() -> None:
    assert judged(LogExpectation(log="x", absent=True), log(record("y"))) is None
    mismatch = judged(LogExpectation(log="x", absent=True), log(record("xy")))
    assert mismatch is not None
    assert mismatch.actual == "xy"


def test_a_line_that_a_program_wrote_does_not_count() -> None:
    assert judged(LogExpectation(log="Hello"), log(record("Hello", facility=1))) is not None


def test_a_line_that_differs_in_white_space_only_is_shown_with_it() -> None:
    mismatch = judged(LogExpectation(log="a b"), log(record("a  b")))
    assert mismatch is not None
    assert mismatch.difference is not None
    assert mismatch.difference.actual == "a··b"


ORDER = LogExpectation(log=("one", "two", "three"))


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (("one", "x", "two", "three"), None),
        (("two", "one", "two", "three"), None),
        (("one", "three"), "The kernel log lacks the line “two”."),
        (("one", "three", "two"), "The lines are in another order: “three” comes too early."),
        (("one two three",), "The lines are in another order: “two” comes too early."),
        ((), "The kernel log lacks the line “one”."),
    ],
)
def test_several_lines_come_in_their_order(texts: tuple[str, ...], reason: str | None) -> None:
    mismatch = judged(ORDER, log(*map(record, texts)))
    assert (mismatch and mismatch.reason) == reason


def test_the_level_is_that_of_all_lines_in_order() -> None:
    expectation = LogExpectation(log=("one", "two"), level="info")
    assert judged(expectation, log(record("one"), record("two", Level.ERR))) is not None


def test_text_is_literal_unless_it_is_a_pattern() -> None:
    assert judged(LogExpectation(log="a.c"), log(record("abc"))) is not None
    assert judged(LogExpectation(log="a.c", regex=True), log(record("abc"))) is None


def test_a_long_log_is_cut_and_says_so() -> None:
    mismatch = judged(LogExpectation(log="x"), log(*(record(f"line {n}") for n in range(20))))
    assert mismatch is not None
    assert mismatch.actual.splitlines()[-1] == "… and 12 more lines"


@pytest.mark.parametrize(
    ("file", "expectation", "actual"),
    [
        (FileEvidence(True, "0444", "42\n"), {"equals": "42", "mode": "0444"}, None),
        (FileEvidence(True, "0644", "42\n"), {"equals": "42", "mode": "0444"}, "0644"),
        (FileEvidence(True, "0444", "41\n"), {"equals": "42"}, "41"),
        (FileEvidence(True, "0200", None), {"equals": "42"}, "it cannot be read"),
        (FileEvidence(True, "0444", "42\n"), {"matches": "^4[0-9]$"}, None),
        (FileEvidence(False), {"equals": "42"}, "no such file"),
        (FileEvidence(False), {"absent": True}, None),
        (FileEvidence(True, "0444", ""), {"absent": True}, "it exists"),
    ],
)
def test_files_are_compared(file: FileEvidence, expectation: dict[str, object], actual: str | None) -> None:
    evidence = CheckEvidence("c", files={"/f": file})
    mismatch = judged(FileExpectation(file="/f", **expectation), evidence)  # type: ignore[arg-type]
    assert (mismatch and mismatch.actual) == actual


@pytest.mark.parametrize(
    ("expectation", "actual"),
    [
        ({"loaded": True, "refcount": 1, "holders": ("other",)}, None),
        ({"loaded": False}, "loaded"),
        ({"refcount": 0}, "1"),
        ({"holders": ()}, "other"),
        ({"license": "GPL", "author": True}, None),
        ({"license": "MIT"}, "GPL"),
        ({"description": True}, "it does not"),
        ({"taint": "EO"}, None),
        ({"taint": ""}, "OE"),
        ({"info": {"author": "B", "license": True, "alias": False}}, None),
        ({"info": {"author": {"matches": "^[AC]$"}}}, None),
        ({"info": {"author": {"matches": "^C"}}}, "A, B"),
        ({"info": {"author": False}}, "A, B"),
        ({"info": {"parm": "p:A parameter"}}, "none"),
        ({"author": "A"}, None),
    ],
)
def test_modules_are_compared(expectation: dict[str, object], actual: str | None) -> None:
    evidence = CheckEvidence("c", modules={"m": ModuleEvidence(True, 1, ("other",), "OE")})
    mismatch = judged(ModuleExpectation(module="m", **expectation), evidence)  # type: ignore[arg-type]
    assert (mismatch and mismatch.actual) == actual


def test_warnings_of_the_compiler_are_shown() -> None:
    warned = BuildEvidence(True, (Diagnostic("warning", "unused variable 'x'", "m.c", 3),))
    assert judged(BuildExpectation(build=True), CheckEvidence("c"), warned) is None
    mismatch = judged(BuildExpectation(build=True, warnings=0), CheckEvidence("c"), warned)
    assert mismatch is not None
    assert mismatch.actual == "m.c:3: unused variable 'x'"


def test_a_text_in_a_file_is_told_by_its_first_difference() -> None:
    evidence = CheckEvidence("c", files={"/f": FileEvidence(True, "0444", "1\n2 \n")})
    mismatch = judged(FileExpectation(file="/f", equals="1\n2"), evidence)
    assert mismatch is not None
    assert mismatch.difference is not None
    assert (mismatch.difference.expected, mismatch.difference.actual) == ("2", "2·")


@pytest.mark.parametrize(
    ("expectation", "actual"),
    [
        ({"symbol": "free", "gpl": True}, None),
        ({"symbol": "open", "gpl": False}, None),
        ({"symbol": "free"}, None),
        ({"symbol": "open", "gpl": True}, "exported to all modules"),
        ({"symbol": "none"}, "not exported"),
        ({"symbol": "none", "exported": False}, None),
        ({"symbol": "free", "exported": False}, "exported to GPL modules only"),
    ],
)
def test_exported_symbols_are_compared(expectation: dict[str, object], actual: str | None) -> None:
    mismatch = judged(SymbolExpectation(**expectation), CheckEvidence("c"))  # type: ignore[arg-type]
    assert (mismatch and mismatch.actual) == actual


NODE = FileEvidence(True, "0600", None, "c", 10, 58)


@pytest.mark.parametrize(
    ("node", "expectation", "actual"),
    [
        (NODE, {"major": 10, "minor": 58, "mode": "0600"}, None),
        (NODE, {"type": "b"}, "a character device"),
        (NODE, {"major": 11}, "10"),
        (NODE, {"minor": 0}, "58"),
        (NODE, {"mode": "0666"}, "0600"),
        (NODE, {"absent": True}, "it exists"),
        (FileEvidence(True, "0644", "x"), {}, "a file"),
        (FileEvidence(False), {}, "no such device"),
        (FileEvidence(False), {"absent": True}, None),
    ],
)
def test_devices_are_compared(node: FileEvidence, expectation: dict[str, object], actual: str | None) -> None:
    evidence = CheckEvidence("c", files={"/dev/x": node})
    mismatch = judged(DeviceExpectation(device="/dev/x", **expectation), evidence)  # type: ignore[arg-type]
    assert (mismatch and mismatch.actual) == actual


TRACE = TraceEvidence(("sh-1 [000] f: work 1", "sh-1 [000] f: work 2"), "nop", is_on=False)


@pytest.mark.parametrize(
    ("expectation", "actual"),
    [
        (TraceExpectation(trace="work", count=2), None),
        (TraceExpectation(trace="work [12]$", regex=True), None),
        (TraceExpectation(trace="work 3", absent=True), None),
        (TraceExpectation(trace="work", count=1), "twice"),
        (TraceExpectation(trace="work 1", absent=True), TRACE.lines[0]),
        (TraceExpectation(trace="play"), "\n".join(TRACE.lines)),
        (TracerExpectation(tracer="nop", on=False), None),
        (TracerExpectation(tracer="function"), "nop"),
        (TracerExpectation(tracer="nop", on=True), "off"),
    ],
)
def test_traces_are_compared(expectation: TraceExpectation | TracerExpectation, actual: str | None) -> None:
    mismatch = judged(expectation, CheckEvidence("c", trace=TRACE))
    assert (mismatch and mismatch.actual) == actual


def test_a_trace_that_was_cut_is_counted_with_care() -> None:
    cut = CheckEvidence("c", trace=TraceEvidence(TRACE.lines, "nop", is_on=True, is_cut=True))
    mismatch = judged(TraceExpectation(trace="work", count=9), cut)
    assert mismatch is not None
    assert mismatch.actual == "at least twice"


@pytest.mark.parametrize(
    ("wanted", "expected", "actual"),
    [
        ({"count": 3, "bytes": 300}, None, None),
        ({"count": 1}, "1 block", "3 blocks"),
        ({"count": {"min": 1, "max": 3}, "bytes": {"max": 300}}, None, None),
        ({"count": {"min": 4, "max": 5}}, "at least 4 blocks and at most 5 blocks", "3 blocks"),
        ({"bytes": {"max": 1}}, "at most 1 byte", "300 bytes"),
    ],
)
def test_memory_is_compared(wanted: dict[str, object], expected: str | None, actual: str | None) -> None:
    held = CheckEvidence("c", allocations={"m": AllocationEvidence(3, 300)})
    mismatch = judged(AllocationsExpectation.model_validate({"allocations": "m", **wanted}), held)
    assert (mismatch and mismatch.expected) == expected
    assert (mismatch and mismatch.actual) == actual


@pytest.mark.parametrize(
    ("query", "wanted", "actual"),
    [
        ("(goto_statement) @here", {}, None),
        ("(goto_statement) @here", {"count": 1}, None),
        ("(goto_statement) @here", {"count": 2}, "once: m.c:3"),
        ("(goto_statement) @here", {"absent": True}, "m.c:3"),
        ("(while_statement) @here", {"absent": True}, None),
        ("(while_statement) @here", {}, "none"),
    ],
)
def test_the_source_is_queried(query: str, wanted: dict[str, object], actual: str | None) -> None:
    expectation = SourceExpectation(source="m.c", title="it", query=query, **wanted)  # type: ignore[arg-type]
    mismatch = judged(expectation, CheckEvidence("c"))
    assert (mismatch and mismatch.actual) == actual


def test_a_function_of_the_pack_is_asked_for_its_judgement() -> None:
    def judge(name: str, evidence: CheckEvidence) -> Mismatch | None:
        return Mismatch(f"{name} of {evidence.check}") if evidence.seconds else None

    expectation = PythonExpectation(python="is_fair")
    assert list(expectations.of_check([expectation], CheckEvidence("c"), BUILT, judge)) == []
    mismatches = list(expectations.of_check([expectation], CheckEvidence("c", seconds=1), BUILT, judge))
    assert mismatches == [Mismatch("is_fair of c")]
