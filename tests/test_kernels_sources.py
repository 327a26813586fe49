# SPDX-License-Identifier: MIT
"""The system's package sources with another suite in them."""

import pytest

from kmodlab.kernels import sources

STANZA = """\
Types: deb deb-src
# the mirror next door
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEYCQjIxYJ
 -----END PGP PUBLIC KEY BLOCK-----
"""


@pytest.mark.parametrize(
    ("line", "written"),
    [
        (
            "deb http://mirror.example/debian bookworm main contrib",
            [
                "deb http://mirror.example/debian bookworm main",
                "deb http://mirror.example/debian sid main",
            ],
        ),
        (
            "deb [arch=amd64 signed-by=/keys/a.gpg]  http://mirror.example/ubuntu  noble universe main # ours",
            [
                "deb [arch=amd64 signed-by=/keys/a.gpg]  http://mirror.example/ubuntu noble main",
                "deb [arch=amd64 signed-by=/keys/a.gpg]  http://mirror.example/ubuntu sid main",
            ],
        ),
        ("deb http://mirror.example/debian sid main", ["deb http://mirror.example/debian sid main"]),
        ("deb-src http://mirror.example/debian bookworm main", []),
        ("# deb http://mirror.example/debian bookworm main", []),
        ("deb http://other.example/node nodistro nodejs", []),
        ("deb http://other.example/flat ./", []),
        ("", []),
    ],
)
def test_each_archive_of_a_list_is_asked_for_the_suite(line: str, written: list[str]) -> None:
    assert list(sources.lines(line, "sid")) == written


def test_a_stanza_keeps_its_address_and_its_key() -> None:
    (written,) = sources.stanzas(STANZA, "bookworm-backports")
    assert "suites: bookworm bookworm-updates bookworm-backports\n" in written
    assert "components: main\n" in written
    assert "types: deb\n" in written
    assert "uris: http://mirror.example/debian\n" in written
    assert "signed-by:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mDMEYCQjIxYJ\n" in written


@pytest.mark.parametrize("change", [("deb deb-src", "deb-src"), ("main contrib", "contrib")])
def test_stanzas_without_kernels_are_left_out(change: tuple[str, str]) -> None:
    assert list(sources.stanzas(STANZA.replace(*change), "sid")) == []


def test_disabled_stanzas_are_left_out_and_comments_separate_nothing() -> None:
    text = f"Enabled: no\n{STANZA}\n# between\n\n{STANZA}"
    assert len(list(sources.stanzas(text, "sid"))) == 1
