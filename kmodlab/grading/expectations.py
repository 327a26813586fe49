# SPDX-License-Identifier: MIT
"""Expectations: what a lesson expects, held against the evidence. Pure: no machine is asked."""

import re
from collections.abc import Iterable, Iterator, Sequence

from kmodlab.build.result import BuildEvidence
from kmodlab.evidence.evidence import (
    AllocationEvidence,
    CheckEvidence,
    FileEvidence,
    ModuleEvidence,
    TraceEvidence,
)
from kmodlab.evidence.klog import Level, Record
from kmodlab.grading import compare, sourcequery
from kmodlab.grading.compare import Difference
from kmodlab.grading.mismatch import Mismatch
from kmodlab.grading.packcode import Judge
from kmodlab.packs.expectations import (
    AllocationsExpectation,
    Bounds,
    BuildExpectation,
    DeviceExpectation,
    Expectation,
    FileExpectation,
    LogExpectation,
    Matching,
    ModuleExpectation,
    PythonExpectation,
    SourceExpectation,
    SymbolExpectation,
    TraceExpectation,
    TracerExpectation,
)

LEVELS = {level.name.lower(): level for level in Level}
_PARAMETER = re.compile(r"/sys/module/(?P<module>\w+)/parameters/(?P<parameter>\w+)")
SHOWN_LINES = 8
KINDS = {"f": "a file", "d": "a folder", "c": "a character device", "b": "a block device", "p": "a pipe"}
NOWHERE = FileEvidence(exists=False)


def of_check(
    expectations: Iterable[Expectation],
    evidence: CheckEvidence,
    build: BuildEvidence,
    judge: Judge | None = None,
) -> Iterator[Mismatch]:
    """Every expectation that the evidence does not meet, in the lesson's order.

    `judge` calls functions of the pack; raises LabError when one of them fails.
    """
    for expectation in expectations:
        mismatch = _of(expectation, evidence, build, judge)
        if mismatch is not None:
            yield mismatch


def _of(
    expectation: Expectation, evidence: CheckEvidence, build: BuildEvidence, judge: Judge | None
) -> Mismatch | None:
    match expectation:
        case LogExpectation():
            return _of_log(expectation, _log(expectation, evidence))
        case FileExpectation():
            forgery = _of_parameter(expectation, build)
            return forgery or _of_file(expectation, evidence.files.get(expectation.file, NOWHERE))
        case ModuleExpectation():
            mismatch = _of_module_file(expectation, build)
            return mismatch or _of_module(expectation, evidence.modules.get(expectation.module))
        case BuildExpectation():
            return _of_build(expectation, build)
        case SymbolExpectation():
            return _of_symbol(expectation, build)
        case DeviceExpectation():
            return _of_device(expectation, evidence.files.get(expectation.device, NOWHERE))
        case TraceExpectation():
            return _of_trace(expectation, evidence.trace)
        case TracerExpectation():
            return _of_tracer(expectation, evidence.trace)
        case AllocationsExpectation():
            return _of_allocations(expectation, evidence.allocations.get(expectation.allocations))
        case SourceExpectation():
            return _of_source(expectation, build)
        case PythonExpectation():
            return judge(expectation.python, evidence) if judge else None


def _wanted(text: str, *, is_regex: bool) -> re.Pattern[str]:
    return re.compile(text if is_regex else re.escape(text))


def _times(count: int) -> str:
    return {0: "not at all", 1: "once", 2: "twice"}.get(count, f"{count} times")


def _first(lines: Sequence[str]) -> str:
    """The first lines; what is cut is told."""
    cut = len(lines) - SHOWN_LINES
    return "\n".join([*lines[:SHOWN_LINES], *([f"… and {cut} more lines"] if cut > 0 else [])])


def _log(expectation: LogExpectation, evidence: CheckEvidence) -> Sequence[Record]:
    """What was logged while the actions ran, or the one that is asked about."""
    if expectation.during is None:
        return evidence.log
    return next((action.log for action in evidence.actions[expectation.during - 1 :]), ())


def _of_log(expectation: LogExpectation, log: Sequence[Record]) -> Mismatch | None:
    kernels = [record for record in log if record.facility == 0 and record.is_witnessed]
    if len(expectation.texts) > 1:
        return _of_order(expectation, kernels)
    text = expectation.texts[0]
    found = _matching(expectation, text, kernels)
    at_level = _at_level(expectation, found)
    expected = text + _level_in_words(expectation)
    if expectation.absent:
        if not at_level:
            return None
        return Mismatch(
            "The kernel log holds a line that must not be there.",
            f"no {expected}",
            _shown(expectation, at_level),
        )
    if not found:
        shown = _shown(expectation, log) or "the module printed nothing"
        return Mismatch("The kernel log lacks a line.", expected, shown, _but_for_space(text, kernels))
    if not at_level:
        return Mismatch("The line is there, but at another level.", expected, _shown(expectation, found))
    if expectation.count is not None and len(at_level) != expectation.count:
        expected = f"{expected}, {_times(expectation.count)}"
        return Mismatch(
            "The line is there, but not as often as it should be.", expected, _times(len(at_level))
        )
    return None


def _but_for_space(text: str, log: Sequence[Record]) -> Difference | None:
    """How a record differs from `text` that is the same but for white space."""
    alike = (record.text for record in log if compare.differ_in_space_only(text, record.text))
    return next((compare.difference(text, other) for other in alike), None)


def _of_order(expectation: LogExpectation, log: Sequence[Record]) -> Mismatch | None:
    """Several texts, one record each, in the lesson's order."""
    expected = "\n".join(text + _level_in_words(expectation) for text in expectation.texts)
    after = -1
    for text in expectation.texts:
        found = _at_level(expectation, _matching(expectation, text, log))
        if not found:
            reason = f"The kernel log lacks the line “{text}”{_level_in_words(expectation)}."
            return Mismatch(reason, expected, _shown(expectation, log) or "the module printed nothing")
        later = (at for at, record in enumerate(log) if at > after and record in found)
        after = next(later, len(log))
        if after == len(log):
            reason = f"The lines are in another order: “{text}” comes too early."
            return Mismatch(reason, expected, _shown(expectation, log))
    return None


def _matching(expectation: LogExpectation, text: str, log: Sequence[Record]) -> list[Record]:
    wanted = _wanted(text, is_regex=expectation.regex)
    return [record for record in log if wanted.search(record.text)]


def _at_level(expectation: LogExpectation, log: Sequence[Record]) -> list[Record]:
    return [r for r in log if expectation.level is None or r.level == LEVELS[expectation.level]]


def _level_in_words(expectation: LogExpectation) -> str:
    return f" (level {expectation.level})" if expectation.level else ""


def _shown(expectation: LogExpectation, log: Sequence[Record]) -> str:
    """Records for people: what says nothing of the learner's is left out, and levels that nobody asks for."""

    def level(record: Record) -> str:
        return f" (level {record.level.name.lower()})" if expectation.level else ""

    return _first([record.text + level(record) for record in log if not record.is_benign])


def _of_parameter(expectation: FileExpectation, build: BuildEvidence) -> Mismatch | None:
    """Whether a parameter's file is one: anybody can make such a file, but the built module names its parameters."""
    found = _PARAMETER.fullmatch(expectation.file)
    if expectation.absent or not found or found["module"] not in build.parameters:
        return None
    name = found["parameter"]
    if name in build.parameters[found["module"]]:
        return None
    return Mismatch(
        f"{found['module']} has no parameter {name}.", f"module_param({name}, …)", "none of that name"
    )


def _of_file(expectation: FileExpectation, file: FileEvidence) -> Mismatch | None:
    path = expectation.file
    if expectation.absent:
        return Mismatch(f"{path} is there.", "no such file", "it exists") if file.exists else None
    if not file.exists:
        return Mismatch(f"{path} is not there.", "it exists", "no such file")
    if expectation.mode is not None and file.mode != expectation.mode:
        return Mismatch(f"{path} has other permissions.", expectation.mode, str(file.mode))
    wanted = expectation.matches if expectation.equals is None else expectation.equals
    if wanted is None:
        return None
    if file.content is None:
        return Mismatch(f"{path} cannot be read.", wanted, "it cannot be read")
    content = file.content.removesuffix("\n")
    if expectation.equals is not None and content != expectation.equals:
        return Mismatch.of_texts(f"{path} holds something else.", expectation.equals, content)
    if expectation.matches is not None and not re.search(expectation.matches, content):
        return Mismatch(f"{path} holds something else.", expectation.matches, _first(content.split("\n")))
    return None


def _of_module_file(expectation: ModuleExpectation, build: BuildEvidence) -> Mismatch | None:
    """What the built module says of itself."""
    name, fields = expectation.module, build.modinfo.get(expectation.module, {})
    for field, wanted in expectation.fields.items():
        values = fields.get(field, ())
        if isinstance(wanted, bool):
            if bool("".join(values).strip()) is not wanted:
                words = {True: f"modinfo shows the {field}", False: f"modinfo shows no {field}"}
                actual = "it does not" if wanted else ", ".join(values)
                return Mismatch(f"{name}.ko names {'no' if wanted else 'a'} {field}.", words[wanted], actual)
        elif not _is_among(wanted, values):
            expected = wanted.matches if isinstance(wanted, Matching) else wanted
            what = "licence" if field == "license" else field
            return Mismatch(f"{name}.ko declares another {what}.", expected, ", ".join(values) or "none")
    return None


def _is_among(wanted: str | Matching, values: Sequence[str]) -> bool:
    if isinstance(wanted, Matching):
        return any(re.search(wanted.matches, value) for value in values)
    return wanted in values


def _of_module(expectation: ModuleExpectation, module: ModuleEvidence | None) -> Mismatch | None:
    name = expectation.module
    if module is None:
        return None
    if expectation.loaded is not None and module.is_loaded is not expectation.loaded:
        words = {True: "loaded", False: "not loaded"}
        return Mismatch(
            f"The module {name} is {words[module.is_loaded]}.",
            words[expectation.loaded],
            words[module.is_loaded],
        )
    if expectation.refcount is not None and module.refcount != expectation.refcount:
        return Mismatch(
            f"{name} is in use by another number of users.", str(expectation.refcount), str(module.refcount)
        )
    if expectation.holders is not None and sorted(module.holders) != sorted(expectation.holders):
        expected = ", ".join(expectation.holders) or "none"
        return Mismatch(f"Other modules hold {name}.", expected, ", ".join(module.holders) or "none")
    if expectation.taint is not None and sorted(module.taint or "") != sorted(expectation.taint):
        actual = module.taint or "none"
        return Mismatch(f"{name} taints the kernel otherwise.", expectation.taint or "none", actual)
    return None


def _of_build(expectation: BuildExpectation, build: BuildEvidence) -> Mismatch | None:
    warnings = [message for message in build.diagnostics if message.severity == "warning"]
    if expectation.warnings is not None and len(warnings) > expectation.warnings:
        shown = "\n".join(f"{message.file}:{message.line}: {message.text}" for message in warnings)
        return Mismatch("It builds, but the compiler warns.", "no warning", shown)
    return None


def _of_symbol(expectation: SymbolExpectation, build: BuildEvidence) -> Mismatch | None:
    symbol = expectation.symbol
    found = [symbols[symbol] for symbols in build.exports.values() if symbol in symbols]
    words = {True: "exported to GPL modules only", False: "exported to all modules"}
    if not expectation.exported:
        reason = f"{symbol} is exported, which it should not be."
        return Mismatch(reason, "not exported", words[found[0]]) if found else None
    if not found:
        expected = "exported" if expectation.gpl is None else words[expectation.gpl]
        return Mismatch(f"{symbol} is not exported.", expected, "not exported")
    if expectation.gpl is not None and expectation.gpl not in found:
        return Mismatch(
            f"{symbol} is exported in another way.", words[expectation.gpl], words[not expectation.gpl]
        )
    return None


def _of_device(expectation: DeviceExpectation, node: FileEvidence) -> Mismatch | None:
    path, kind = expectation.device, KINDS[expectation.type]
    if expectation.absent:
        return Mismatch(f"{path} is there.", "no such device", "it exists") if node.exists else None
    if not node.exists:
        return Mismatch(f"{path} is not there.", kind, "no such device")
    if node.kind != expectation.type:
        actual = KINDS.get(node.kind, "something else")
        return Mismatch(f"{path} is not {kind}.", kind, actual)
    wanted = {"major": expectation.major, "minor": expectation.minor}
    for name, number in wanted.items():
        if number is not None and getattr(node, name) != number:
            return Mismatch(f"{path} has another {name} number.", str(number), str(getattr(node, name)))
    if expectation.mode is not None and node.mode != expectation.mode:
        return Mismatch(f"{path} has other permissions.", expectation.mode, str(node.mode))
    return None


def _of_trace(expectation: TraceExpectation, trace: TraceEvidence | None) -> Mismatch | None:
    lines = trace.lines if trace else ()
    wanted = _wanted(expectation.trace, is_regex=expectation.regex)
    found = [line for line in lines if wanted.search(line)]
    if expectation.absent:
        reason = "The trace buffer holds a line that must not be there."
        return Mismatch(reason, f"no {expectation.trace}", _first(found)) if found else None
    if not found:
        actual = _first(lines) or "the trace buffer is empty"
        return Mismatch("The trace buffer lacks a line.", expectation.trace, actual)
    if expectation.count is not None and len(found) != expectation.count:
        reason = "The line is in the trace buffer, but not as often as it should be."
        at_least = "at least " if trace and trace.is_cut else ""
        expected = f"{expectation.trace}, {_times(expectation.count)}"
        return Mismatch(reason, expected, at_least + _times(len(found)))
    return None


def _of_tracer(expectation: TracerExpectation, trace: TraceEvidence | None) -> Mismatch | None:
    if trace is None:
        return None
    if trace.tracer != expectation.tracer:
        return Mismatch("Another tracer is set.", expectation.tracer, trace.tracer)
    if expectation.on is not None and trace.is_on is not expectation.on:
        words = {True: "on", False: "off"}
        return Mismatch(f"Tracing was left {words[trace.is_on]}.", words[expectation.on], words[trace.is_on])
    return None


def _of_allocations(expectation: AllocationsExpectation, held: AllocationEvidence | None) -> Mismatch | None:
    name = expectation.allocations
    if held is None:
        return Mismatch(f"{name} is none of the modules that were looked at.")
    for wanted, number, unit in (
        (expectation.count, held.count, "block"),
        (expectation.bytes, held.bytes, "byte"),
    ):
        if wanted is not None and not _is_within(wanted, number):
            reason = f"{name} holds another amount of memory than it should."
            return Mismatch(reason, _range_in_words(wanted, unit), _number_of(number, unit))
    return None


def _is_within(wanted: Bounds, number: int) -> bool:
    return (wanted.min or 0) <= number and (wanted.max is None or number <= wanted.max)


def _range_in_words(wanted: Bounds, unit: str) -> str:
    if wanted.min is not None and wanted.min == wanted.max:
        return _number_of(wanted.min, unit)
    ends = (("at least", wanted.min), ("at most", wanted.max))
    return " and ".join(f"{word} {_number_of(end, unit)}" for word, end in ends if end is not None)


def _number_of(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"


def _of_source(expectation: SourceExpectation, build: BuildEvidence) -> Mismatch | None:
    file = expectation.source
    lines = sourcequery.matches(build.sources.get(file, ""), expectation.query)
    places = _first([f"{file}:{line}" for line in lines])
    if expectation.absent:
        reason = f"{file} holds what it must not: {expectation.title}."
        return Mismatch(reason, f"no {expectation.title}", places) if lines else None
    if not lines:
        return Mismatch(f"{file} lacks something: {expectation.title}.", expectation.title, "none")
    if expectation.count is not None and len(lines) != expectation.count:
        expected = f"{expectation.title}, {_times(expectation.count)}"
        reason = f"{file} holds it, but not as often as it should: {expectation.title}."
        return Mismatch(reason, expected, f"{_times(len(lines))}: {', '.join(places.splitlines())}")
    return None
