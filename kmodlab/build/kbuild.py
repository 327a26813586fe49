# SPDX-License-Identifier: MIT
"""Kbuild: from C files to modules, against the headers of the kernel that will load them.

The Kbuild file is the lab's own; a Makefile among the sources would never be read (Documentation/kbuild/modules.rst).
"""

import os
import selectors
import shlex
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from kmodlab import paths
from kmodlab.build import diagnostics, sandbox, trials
from kmodlab.build.modinfo import modinfo, parameters
from kmodlab.build.result import BuildEvidence
from kmodlab.build.symbols import exports
from kmodlab.errors import CancelledError, LabError
from kmodlab.kernels import compiler
from kmodlab.kernels.tree import KernelTree

if TYPE_CHECKING:
    from kmodlab.build.helpers import Helper

DEADLINE_SECONDS = 60.0
OUTPUT_LIMIT = 1 << 20  # bytes of messages that are kept
COMPILER_OPTIONS = (
    *diagnostics.GCC_OPTIONS,
    "-fmax-errors=30",
    "-Wno-error=date-time",
    "-fno-optimize-sibling-calls",  # or the last call of a function would be missing from every trace
)
STRIPPED = "stripped"
# No type information for BPF, which takes pahole; no word of another compiler or pahole than the kernel's own.
QUIET = (
    "CONFIG_DEBUG_INFO_BTF_MODULES= CC_VERSION_TEXT=- CONFIG_CC_VERSION_TEXT=- "
    "PAHOLE_VERSION=0 CONFIG_PAHOLE_VERSION=0"
)
BUILD = f"""\
make -s "$@" {QUIET} modules && mkdir {STRIPPED} && for module in $MODULES; do
    strip --strip-debug -o {STRIPPED}/$module.ko $module.ko || exit
done"""
HELPERS = "helpers.symvers"
RESERVED = ("makefile", "kbuild", "gnumakefile", HELPERS)


@contextmanager
def build_folder() -> Iterator[Path]:
    """A folder to build in, gone afterwards; what a killed lab left behind is swept."""
    parent = paths.make_folder(paths.cache() / "builds")
    for abandoned in parent.iterdir():
        owner = abandoned.name.split("-")[0]
        if not Path("/proc", owner).exists():
            shutil.rmtree(abandoned, ignore_errors=True)
    with TemporaryDirectory(prefix=f"{os.getpid()}-", dir=parent, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def build(
    tree: KernelTree,
    sources: Mapping[str, bytes],
    modules: Sequence[str],
    folder: Path,
    cancelled: threading.Event | None = None,
    helpers: Sequence["Helper"] = (),
) -> BuildEvidence:
    """Build `modules` from `sources` in `folder`, where NAME.ko is found afterwards.

    The modules may use the headers of `helpers`, and what these export. Raises LabError when the tools are missing or
    the folder cannot be written, CancelledError when `cancelled` is set.
    """
    _need_tools()
    began = time.monotonic()
    try:
        for helper in helpers:
            _write_files(folder, dict(helper.headers))
        (folder / HELPERS).write_bytes(b"".join(helper.symbols for helper in helpers))
        _write(folder, sources, modules)
        trials.put(tree, folder)
    except OSError as problem:
        raise LabError(
            f"The files to build cannot be written to {folder.parent}: {problem.strerror}.",
            hint="Free some space there, or set XDG_CACHE_HOME to a folder with room.",
        ) from problem
    place = sandbox.inside(folder)
    script = f"cd {shlex.quote(str(place))} && {BUILD}"
    words = (
        f"-j{os.cpu_count() or 1}",
        "-C",
        str(tree.headers),
        f"M={place}",
        f"CC={compiler.program(tree)}",
        *([f"KBUILD_EXTRA_SYMBOLS={place / HELPERS}"] if helpers else []),
    )
    command = ["sh", "-c", script, "build", *words]
    environment = {"MAKEFILES": str(place / trials.MAKEFILE), "MODULES": " ".join(modules)}
    status, output = _run(sandbox.wrap(command, folder, tree.folders), environment, cancelled)
    trials.keep(tree, folder)
    text = output.decode(errors="replace").replace(f"{place}/", "")
    produced = {name: folder / f"{name}.ko" for name in modules}
    succeeded = status == 0 and all(without_debug(path).exists() for path in produced.values())
    return BuildEvidence(
        succeeded=succeeded,
        diagnostics=diagnostics.parse(text),
        output=text,
        modinfo={name: modinfo(path) for name, path in produced.items()} if succeeded else {},
        parameters={name: parameters(path) for name, path in produced.items()} if succeeded else {},
        exports={name: exports(path) for name, path in produced.items()} if succeeded else {},
        sources={name: content.decode(errors="replace") for name, content in sources.items()},
        seconds=time.monotonic() - began,
        is_sandboxed=sandbox.works(),
    )


def without_debug(module: Path) -> Path:
    """The copy of a built module that goes into a guest: a twentieth of the size, and as many fewer milliseconds."""
    return module.parent / STRIPPED / module.name


def modules(folder: Path, names: Sequence[str]) -> dict[str, bytes]:
    """The built modules `names` as they go into a guest, by the names of their files."""
    return {f"{name}.ko": without_debug(folder / f"{name}.ko").read_bytes() for name in names}


def _need_tools() -> None:
    for tool, package in (("make", "make"), ("ld", "binutils")):
        if shutil.which(tool) is None:
            raise LabError(
                f"The program {tool} is missing; modules cannot be built without it.",
                hint=f"Install the package {package}, or run ./lab, which does.",
            )


def _write(folder: Path, sources: Mapping[str, bytes], modules: Sequence[str]) -> None:
    _write_files(folder, sources)
    lines = [
        f"obj-m := {' '.join(f'{name}.o' for name in modules)}",
        f"ccflags-y := {' '.join(COMPILER_OPTIONS)}",
    ]
    (folder / "Kbuild").write_text("\n".join(lines) + "\n")


def _write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        if name.lower() not in RESERVED:
            (folder / name).write_bytes(content)


def _run(command: list[str], more: Mapping[str, str], cancelled: threading.Event | None) -> tuple[int, bytes]:
    """Exit status and output of a command; one that says or takes too much is killed, and its output says so."""
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "HOME": "/", **more}
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        start_new_session=True,
    )
    try:
        output, complaint = _collect(process, cancelled)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        status = process.wait()
    return (1, output + complaint) if complaint else (status, output)


def _collect(process: subprocess.Popen[bytes], cancelled: threading.Event | None) -> tuple[bytes, bytes]:
    """What the process says, and why it was given up, if it was."""
    assert process.stdout is not None
    output, ends = bytearray(), time.monotonic() + DEADLINE_SECONDS
    with process.stdout as stream, selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while True:
            if cancelled is not None and cancelled.is_set():
                raise CancelledError
            if time.monotonic() > ends:
                return bytes(output), b"\nerror: the build took longer than %d seconds\n" % DEADLINE_SECONDS
            if selector.select(timeout=0.05):
                chunk = os.read(stream.fileno(), 1 << 16)
                if not chunk:
                    return bytes(output), b""
                output += chunk
                if len(output) > OUTPUT_LIMIT:
                    return bytes(
                        output[:OUTPUT_LIMIT]
                    ), b"\nerror: the compiler says more than anyone can read\n"
