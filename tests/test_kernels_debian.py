# SPDX-License-Identifier: MIT
"""Which packages make up a kernel, from what apt-cache shows on each distribution (tests/data/apt)."""

from pathlib import Path

import pytest

from kmodlab.kernels import debian

RECORDS = Path(__file__).parent / "data" / "apt"


def lookup_in(*packages: debian.Package) -> debian.Lookup:
    known = {package.name: package for package in packages}
    return lambda names: {name: known[name] for name in names if name in known}


def archive(name: str) -> list[debian.Package]:
    return list(debian.records((RECORDS / f"{name}.txt").read_text()))


def package(name: str, *depends: str) -> debian.Package:
    return debian.Package(name, "1", depends, size=1, unpacked_size=1)


@pytest.mark.parametrize(
    ("distribution", "release", "others"),
    [
        ("debian-11", "5.10.0-46-cloud-amd64", {"linux-headers-5.10.0-46-common", "linux-kbuild-5.10"}),
        ("debian-12", "6.1.0-56-cloud-amd64", {"linux-headers-6.1.0-56-common", "linux-kbuild-6.1"}),
        (
            "debian-13",
            "6.12.117+deb13-cloud-amd64",
            {"linux-headers-6.12.117+deb13-common", "linux-kbuild-6.12.117+deb13"},
        ),
        (
            "ubuntu-22.04",
            "5.15.0-204-generic",
            {"linux-headers-5.15.0-204", "linux-modules-5.15.0-204-generic"},
        ),
        ("ubuntu-24.04", "6.8.0-151-generic", {"linux-headers-6.8.0-151", "linux-modules-6.8.0-151-generic"}),
    ],
)
def test_a_kernel_is_image_headers_and_what_they_need(
    distribution: str, release: str, others: set[str]
) -> None:
    plan = debian.plan(lookup_in(*archive(distribution)))
    assert plan is not None
    assert plan.release == release
    assert {package.name for package in plan.packages} == others | {
        f"linux-image-{release}",
        f"linux-headers-{release}",
        "busybox-static",
    }


def test_the_generic_kernel_serves_where_there_is_no_cloud_kernel() -> None:
    packages = [package for package in archive("debian-12") if "cloud" not in package.name]
    headers = package("linux-headers-6.1.0-56-amd64", "linux-headers-6.1.0-56-common")
    plan = debian.plan(lookup_in(*packages, headers))
    assert plan is not None
    assert plan.release == "6.1.0-56-amd64"


def test_a_kernel_without_its_headers_is_passed_over() -> None:
    packages = [
        package for package in archive("debian-12") if "linux-headers-6.1.0-56-common" not in package.name
    ]
    assert debian.plan(lookup_in(*packages)) is None


def test_an_archive_without_kernels_has_no_plan() -> None:
    assert debian.plan(lookup_in()) is None


def test_sizes_are_in_bytes() -> None:
    (busybox,) = (package for package in archive("debian-12") if package.name == "busybox-static")
    assert busybox.size == 928188
    assert busybox.unpacked_size == 2024 * 1024


def test_of_alternatives_the_first_is_taken() -> None:
    text = "Package: a\nVersion: 1\nDepends: b (= 1) | c, d:any (>= 2), e\n"
    assert [package.depends for package in debian.records(text)] == [("b", "d", "e")]
