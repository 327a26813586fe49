# SPDX-License-Identifier: MIT
"""A pack is read from folders and archives, and a hostile one is refused before anything is written."""

import io
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kmodlab.errors import LabError, UsageError
from kmodlab.packs import contents

PACK = {"pack.toml": b"format = 1\n", "lessons/01-a/a.c": b"int a;\n", "solutions/01-a/a.c": b"int b;\n"}


def zipped(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as out:
        for name, content in files.items():
            out.writestr(name, content)
    return packed.getvalue()


def tarred(files: dict[str, bytes], mode: str = "w:gz") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as out:  # type: ignore[call-overload]
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            out.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def read(tmp_path: Path, archive: bytes) -> contents.Contents:
    (tmp_path / "pack.bin").write_bytes(archive)
    return contents.read(tmp_path / "pack.bin")


@pytest.mark.parametrize(
    "pack", [zipped, tarred, lambda files: tarred(files, "w"), lambda files: contents.archive(files, "x-1")]
)
@pytest.mark.parametrize("top", ["", "drivers-1.0/", "a/b/"])
def test_archives_of_every_kind_are_read_also_below_a_folder(
    tmp_path: Path, pack: Callable[[dict[str, bytes]], bytes], top: str
) -> None:
    beside = {f"{top}{name}": content for name, content in PACK.items()}
    beside |= {f"{top}.git/config": b"", f"{top}Makefile": b"all:", f"{top}lessons/01-a/a.ko": b""}
    assert read(tmp_path, pack(beside)) == PACK


def test_a_folder_gives_what_is_the_packs_and_nothing_else(tmp_path: Path) -> None:
    contents.write(PACK, tmp_path / "pack")
    for name in (".git/config", ".venv/x.py", "notes.txt", "lessons/01-a/.a.c.swp", "lessons/01-a/a.o"):
        (tmp_path / "pack" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "pack" / name).write_text("")
    assert contents.read(tmp_path / "pack") == PACK


def test_the_same_files_give_the_same_bytes_in_any_order() -> None:
    backwards = dict(reversed(PACK.items()))
    assert contents.archive(PACK, "x-1") == contents.archive(backwards, "x-1")
    assert zlib.crc32(contents.archive(PACK, "x-1")) == 0xEB34FA38  # as on every machine


def hostile_link(name: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as out:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        out.addfile(member)
        out.addfile(tarfile.TarInfo("pack.toml"))
    return packed.getvalue()


def zipped_link() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as out:
        out.writestr("pack.toml", "")
        link = zipfile.ZipInfo("lessons/a/a.c")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        out.writestr(link, "/etc/passwd")
    return packed.getvalue()


def doubled(packed: bytes) -> bytes:
    """The members of a tar twice: it ends with two blocks of zeros, and more up to a whole record."""
    return packed.rstrip(b"\0").ljust(6 * tarfile.BLOCKSIZE, b"\0") + packed


ZEROS = bytes(contents.LARGEST_FILE)
HOSTILE = {
    "zip that climbs": lambda: zipped({**PACK, "lessons/../../evil": b""}),
    "zip from the root": lambda: zipped({**PACK, "/etc/evil": b""}),
    "tar that climbs": lambda: tarred({**PACK, "../evil": b""}),
    "backslashes": lambda: tarred({**PACK, "lessons\\..\\..\\evil": b""}),
    "link in a tar": lambda: hostile_link("lessons/a/a.c"),
    "link in a zip": zipped_link,
    "a file beyond all measure": lambda: zipped({**PACK, "lessons/a/a.c": ZEROS + b"0"}),
    "zip bomb": lambda: zipped({**PACK, **{f"lessons/a/{n}.c": ZEROS for n in range(9)}}),
    "tar bomb": lambda: tarred({**PACK, **{f"lessons/a/{n}.c": ZEROS for n in range(9)}}),
    "a bomb beside the pack": lambda: tarred({**PACK, **{f"elsewhere/{n}": ZEROS for n in range(9)}}),
    "too many files": lambda: zipped({f"lessons/a/{n}.c": b"" for n in range(contents.MOST_FILES + 1)}),
    "one name twice": lambda: doubled(tarred(PACK, "w")),
    "a name that commands a terminal": lambda: zipped({**PACK, "lessons/\x1b[2J/a.c": b""}),
    "a cut zip": lambda: zipped(PACK)[:-30],
    "a cut tar.gz": lambda: tarred(PACK)[:-30],
    "no archive": lambda: b"hello",
    "an archive without a pack": lambda: zipped({"lessons/a/a.c": b""}),
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_archive_is_refused_in_a_sentence(tmp_path: Path, make: Callable[[], bytes]) -> None:
    with pytest.raises(UsageError) as raised:
        read(tmp_path, make())
    assert "\x1b" not in raised.value.message
    assert [path.name for path in tmp_path.iterdir()] == ["pack.bin"]


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.text(max_size=12), st.binary(max_size=20)), max_size=6), st.booleans())
def test_whatever_an_archive_names_stays_below_the_folder(
    tmp_path_factory: pytest.TempPathFactory, members: list[tuple[str, bytes]], is_zip: bool
) -> None:
    folder = tmp_path_factory.mktemp("any")
    files = {"pack.toml": b""} | {f"lessons/{name}": content for name, content in members}
    try:
        found = read(folder, zipped(files) if is_zip else tarred(files))
    except UsageError:
        return
    except (ValueError, UnicodeError):
        return  # no archive can be made of these names
    for name in found:
        assert os.path.normpath(name) == name
        assert not name.startswith(("/", ".."))


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from([zipped, tarred]), st.lists(st.tuples(st.integers(0), st.integers(0, 255)), max_size=5)
)
def test_a_damaged_archive_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory,
    pack: Callable[[dict[str, bytes]], bytes],
    damage: list[tuple[int, int]],
) -> None:
    archive = bytearray(pack(PACK))
    for place, value in damage:
        archive[place % len(archive)] = value
    with suppress(UsageError):
        read(tmp_path_factory.mktemp("any"), bytes(archive))


def test_links_in_a_folder_are_refused(tmp_path: Path) -> None:
    contents.write(PACK, tmp_path / "pack")
    (tmp_path / "pack/lessons/01-a/b.c").symlink_to("/etc/passwd")
    with pytest.raises(UsageError, match="no ordinary file"):
        contents.read(tmp_path / "pack")


def test_nothing_is_written_over(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="cannot be written"):
        contents.write(PACK, tmp_path)
