# SPDX-License-Identifier: MIT
"""What is taken of folders and archives, however hostile; each is made here."""

import gzip
import io
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from kmodlab.classroom import intake
from kmodlab.classroom.intake import RefusedError
from kmodlab.packs import catalog
from kmodlab.packs.catalog import Lesson

WANTED = {"hello.c"}
GOOD = b"int x;\n"


@pytest.fixture(scope="module")
def hello() -> Lesson:
    return catalog.load(catalog.shipped_folder()).lesson("hello")


def taken(path: Path, lesson: Lesson) -> tuple[dict[str, bytes], str | None]:
    return intake.take(intake.read(path, WANTED), lesson)


def zipped(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def tarred(path: Path, *members: tarfile.TarInfo | tuple[str, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
            else:
                header = tarfile.TarInfo(member[0])
                header.size = len(member[1])
                archive.addfile(header, io.BytesIO(member[1]))
    return path


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.type, header.linkname = kind, target
    return header


def test_only_files_that_the_lesson_declares_are_taken(tmp_path, hello):
    (tmp_path / "hello.c").write_bytes(GOOD)
    for name in ("Makefile", "Kbuild", "other.c"):
        (tmp_path / name).write_bytes(b"all:; id\n")
    assert taken(tmp_path, hello) == ({"hello.c": GOOD}, None)


def test_what_is_not_wanted_is_not_even_read(tmp_path):
    (tmp_path / "other.c").write_bytes(GOOD)
    assert [entry.content for entry in intake.read(tmp_path, WANTED)] == [None]


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_archives_give_what_a_folder_gives(tmp_path, hello, mode):
    assert taken(zipped(tmp_path / "a.zip", {"hello.c": GOOD}), hello) == ({"hello.c": GOOD}, None)
    assert taken(tarred(tmp_path / "a.tar", ("./hello.c", GOOD), mode=mode), hello) == (
        {"hello.c": GOOD},
        None,
    )


def link_out(folder: Path) -> None:
    (folder / "hello.c").symlink_to("/etc/shadow")


def too_large(folder: Path) -> None:
    with (folder / "hello.c").open("wb") as file:
        file.truncate(100_000_000)


def pipe(folder: Path) -> None:
    os.mkfifo(folder / "hello.c")


def folder_of_that_name(folder: Path) -> None:
    (folder / "hello.c").mkdir()


def other_case(folder: Path) -> None:
    (folder / "Hello.C").write_bytes(GOOD)


def somewhere_below(folder: Path) -> None:
    (folder / "src").mkdir()
    (folder / "src/hello.c").write_bytes(GOOD)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (link_out, "hello.c is a symbolic link."),
        (too_large, "hello.c is larger than 1 MB."),
        (pipe, "hello.c is a device or a pipe."),
        (folder_of_that_name, "hello.c is a folder."),
        (other_case, "hello.c is missing; there is Hello.C."),
        (somewhere_below, "hello.c is missing; there is src/hello.c."),
        (lambda folder: None, "hello.c is missing."),
    ],
)
def test_a_folder_that_lacks_an_ordinary_file_is_told(
    tmp_path: Path, hello: Lesson, make: Callable[[Path], None], sentence: str
) -> None:
    make(tmp_path)
    assert taken(tmp_path, hello) == ({}, sentence)


def test_a_link_to_a_folder_is_not_followed(tmp_path):
    (tmp_path / "hello").symlink_to("/etc")
    assert [(entry.path, entry.refusal) for entry in intake.read(tmp_path, {"passwd"})] == [
        (("hello",), "is a symbolic link")
    ]


def test_of_several_files_the_good_ones_are_taken_and_each_other_is_told(tmp_path, pack):
    lesson = pack.lesson("extern-symbols")
    (tmp_path / "counter.h").write_bytes(GOOD)
    (tmp_path / "counter_core.c").symlink_to("/etc/shadow")
    (tmp_path / "counter_inc.c").write_bytes(GOOD)
    files, problem = intake.take(intake.read(tmp_path, {*lesson.manifest.files}), lesson)
    assert sorted(files) == ["counter.h", "counter_inc.c"]
    assert problem == (
        "counter_core.c is a symbolic link; "
        "counter_dec.c is missing; there is counter.h, counter_core.c, counter_inc.c."
    )


def zip_bomb(path: Path) -> Path:
    return zipped(path, {"hello.c": bytes(200_000_000)})


def zip_of_links(path: Path) -> Path:
    header = zipfile.ZipInfo("hello.c")
    header.create_system, header.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(header, "/etc/shadow")
    return path


def twice(path: Path) -> Path:
    content = zipped(path, {"hello.c": GOOD, "hallo.c": GOOD}).read_bytes()
    path.write_bytes(content.replace(b"hallo.c", b"hello.c"))
    return path


def encrypted(path: Path) -> Path:
    content = bytearray(zipped(path, {"hello.c": GOOD}).read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    return path


def sparse(path: Path) -> Path:
    """A tar in which hello.c claims to be a terabyte of holes (the old GNU format)."""
    header = tarfile.TarInfo("hello.c")
    header.type = tarfile.GNUTYPE_SPARSE
    block = bytearray(header.tobuf(tarfile.GNU_FORMAT))
    block[386:398], block[398:410], block[483:495] = b"00000000000\0", b"00000000000\0", b"17777777777\0"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    path.write_bytes(bytes(block) + bytes(1024))
    return path


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (zip_bomb, "hello.c is larger than 1 MB."),
        (zip_of_links, "hello.c is a link."),
        (twice, "hello.c is there twice."),
        (encrypted, "hello.c is encrypted."),
        (
            lambda path: zipped(path, {"hello.c": GOOD}, zipfile.ZIP_BZIP2),
            "hello.c is compressed in a way that is not deflate.",
        ),
        (lambda path: tarred(path, special("hello.c", tarfile.SYMTYPE, "/etc/shadow")), "hello.c is a link."),
        (lambda path: tarred(path, special("hello.c", tarfile.LNKTYPE, "/etc/shadow")), "hello.c is a link."),
        (
            lambda path: tarred(path, special("hello.c", tarfile.CHRTYPE)),
            "hello.c is a device, a pipe or the like.",
        ),
        (sparse, "hello.c is a device, a pipe or the like."),
        (lambda path: tarred(path, ("hello.c", bytes(2_000_000))), "hello.c is larger than 1 MB."),
        (lambda path: zipped(path, {}), "hello.c is missing."),
    ],
)
def test_a_file_of_an_archive_that_is_not_taken_is_told(
    tmp_path: Path, hello: Lesson, make: Callable[[Path], Path], sentence: str
) -> None:
    assert taken(make(tmp_path / "archive"), hello) == ({}, sentence)


def tar_bomb(path: Path) -> Path:
    with gzip.open(path, "wb", compresslevel=1) as file:
        header = tarfile.TarInfo("big")
        header.size = 200_000_000
        file.write(header.tobuf())
        for _ in range(200):
            file.write(bytes(1_000_000))
    return path


def tar_with_a_huge_header(path: Path) -> Path:
    header = tarfile.TarInfo("pax")
    header.type, header.size = tarfile.XHDTYPE, 8_000_000_000
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(header.tobuf(tarfile.GNU_FORMAT))
        for _ in range(100):
            file.write(bytes(1_000_000))
    return path


def tar_that_goes_back(path: Path) -> Path:
    header = bytearray(special("hello.c", tarfile.REGTYPE).tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"\xff" * 10 + b"\xf0\x00"  # a negative size, in base 256
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    path.write_bytes(bytes(header) + bytes(1024))
    return path


def truncated(path: Path) -> Path:
    content = zipped(path, {"hello.c": os.urandom(50_000)}).read_bytes()
    path.write_bytes(content[:30_000])
    return path


def with_a_wrong_sum(path: Path) -> Path:
    content = zipped(path, {"hello.c": GOOD * 100}, zipfile.ZIP_STORED).read_bytes()
    path.write_bytes(content.replace(b"int x", b"int y", 1))
    return path


def large(path: Path) -> Path:
    with path.open("wb") as file:
        file.truncate(intake.ARCHIVE_LIMIT + 1)
    return path


def many_files(count: int) -> Callable[[Path], Path]:
    return lambda path: zipped(path, {f"{number}": b"" for number in range(count)}, zipfile.ZIP_STORED)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (tar_bomb, "more than 64 MB"),
        (tar_with_a_huge_header, "more than 64 MB"),
        (lambda path: zipped(path, {f"{n}/hello.c": bytes(900_000) for n in range(80)}), "more than 64 MB"),
        (tar_that_goes_back, "is no zip, tar or tar.gz that can be read"),
        (truncated, "is no zip, tar or tar.gz that can be read"),
        (with_a_wrong_sum, "is no zip, tar or tar.gz that can be read: Bad CRC"),
        (lambda path: zipped(path, {"../hello.c": GOOD}), "holds ../hello.c, which leads out of it"),
        (lambda path: zipped(path, {"/etc/hello.c": GOOD}), "holds /etc/hello.c, which leads out of it"),
        (lambda path: zipped(path, {"..\\hello.c": GOOD}), "which leads out of it"),
        (lambda path: zipped(path, {"C:\\hello.c": GOOD}), "which leads out of it"),
        (lambda path: tarred(path, ("a/../../hello.c", GOOD)), "which leads out of it"),
        (many_files(intake.ENTRY_LIMIT + 1), "more than 2000 files"),
        (large, "is larger than 16 MB"),
    ],
)
def test_a_hostile_or_damaged_archive_is_refused_as_a_whole(
    tmp_path: Path, make: Callable[[Path], Path], words: str
) -> None:
    with pytest.raises(RefusedError) as refusal:
        intake.read(make(tmp_path / "archive"), WANTED)
    assert words in str(refusal.value)
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04", b"\x1f\x8b\x08", b"Rar!\x1a\x07" * 99])
def test_what_is_no_archive_is_told(tmp_path, content):
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    with pytest.raises(RefusedError, match=r"a\.zip is no zip, tar or tar\.gz that can be read"):
        intake.read(path, WANTED)


def test_a_folder_with_too_many_files_is_refused(tmp_path):
    for number in range(intake.ENTRY_LIMIT + 1):
        (tmp_path / str(number)).touch()
    with pytest.raises(RefusedError, match="more than 2000 files"):
        intake.read(tmp_path, WANTED)


def test_nothing_is_written_outside_or_at_all(tmp_path, hello):
    place = tmp_path / "place"
    place.mkdir()
    path = zipped(place / "a.zip", {"hello.c": GOOD, "sub/x": b""})
    taken(path, hello)
    assert [*tmp_path.rglob("*")] == [place, path]


def test_names_are_shown_without_what_commands_a_terminal():
    assert intake.shown("a\x1b[2J\nb") == "a\ufffd[2J\ufffdb"
    assert intake.shown(os.fsdecode(b"caf\xe9")) == "caf\ufffd"
    assert len(intake.shown("x" * 500)) == intake.NAME_LIMIT
