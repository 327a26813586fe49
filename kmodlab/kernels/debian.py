# SPDX-License-Identifier: MIT
"""Which packages make up a kernel on Debian and Ubuntu, read from the package records that apt-cache prints.

Record format: deb-control(5). Package names: Debian kernel handbook, section 3; Ubuntu's meta packages.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from kmodlab.kernels.architecture import ARCHITECTURE

META_PACKAGES = (
    f"linux-image-cloud-{ARCHITECTURE.debian}",  # Debian, for virtual machines: the smallest
    f"linux-image-{ARCHITECTURE.debian}",  # Debian
    "linux-image-virtual",  # Ubuntu, for virtual machines
    "linux-image-generic",  # Ubuntu
)
IMAGE = re.compile(r"linux-image-(?:unsigned-)?(?P<release>\d.*)")
PART = re.compile(r"linux-(?:image|modules|headers|kbuild|[a-z0-9.-]+-headers)-(?:unsigned-)?\d.*")
SOURCE_META = "linux-source"  # Debian and Ubuntu
SOURCE = re.compile(r"linux-source-\d.*")
TOOLS = ("flex", "bison", "libelf-dev")  # that building a kernel takes, and building modules does not
TOOL_PART = re.compile(r"m4|libelf\d\S*|libsigsegv\d+")


@dataclass(frozen=True, slots=True)
class Package:
    """A binary package of the archive. Sizes in bytes."""

    name: str
    version: str
    depends: tuple[str, ...]  # the first alternative of each dependency
    size: int
    unpacked_size: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A kernel that can be fetched, and the packages that it takes."""

    release: str
    packages: tuple[Package, ...]

    @property
    def size(self) -> int:
        """Bytes to download."""
        return sum(package.size for package in self.packages)

    @property
    def unpacked_size(self) -> int:
        """Bytes on disk once unpacked."""
        return sum(package.unpacked_size for package in self.packages)


Lookup = Callable[[tuple[str, ...]], dict[str, Package]]


def records(text: str) -> Iterator[Package]:
    """Yield the packages in the output of `apt-cache show`."""
    for stanza in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"^([A-Za-z0-9-]+): *(.*)$", stanza, re.MULTILINE))
        if "Package" in fields:
            yield Package(
                name=fields["Package"],
                version=fields.get("Version", ""),
                depends=tuple(_names(fields.get("Depends", ""))),
                size=int(fields.get("Size", 0)),
                unpacked_size=int(fields.get("Installed-Size", 0)) * 1024,
            )


def _names(dependencies: str) -> Iterable[str]:
    """Name the first alternative of each: `a (= 1), b | c` gives a and b."""
    found = (re.match(r"\s*([a-z0-9][a-z0-9+.-]*)", dependency) for dependency in dependencies.split(","))
    return (name[1] for name in found if name)


def plan(lookup: Lookup) -> Plan | None:
    """Choose the kernel of the first flavour there is and name its packages; None when none is complete.

    `lookup` gives the records of the packages it knows among the names asked for.
    """
    metas = lookup(META_PACKAGES)
    for meta in META_PACKAGES:
        if meta not in metas:
            continue
        image = next((found for name in metas[meta].depends if (found := IMAGE.fullmatch(name))), None)
        if image:
            release = image["release"]
            packages = _closure((image[0], f"linux-headers-{release}", "busybox-static"), lookup)
            if packages:
                return Plan(release, packages)
    return None


def source_plan(lookup: Lookup) -> Plan | None:
    """Choose the source of the newest kernel, and the tools to build it; None when one of them is not known.

    The release of this plan is the version of the source's package.
    """
    meta = lookup((SOURCE_META,)).get(SOURCE_META)
    source = next((name for name in meta.depends if SOURCE.fullmatch(name)), None) if meta else None
    packages = _closure((source, *TOOLS), lookup, TOOL_PART) if source else None
    version = next((package.version for package in packages or () if package.name == source), "")
    return Plan(version, packages) if packages else None


def _closure(
    names: tuple[str, ...], lookup: Lookup, part: re.Pattern[str] = PART
) -> tuple[Package, ...] | None:
    """Give the packages `names` and the ones like `part` that they depend on; None when one is unknown."""
    known: dict[str, Package] = {}
    wanted = names
    while wanted:
        found = lookup(wanted)
        if any(name not in found for name in wanted):
            return None
        known |= found
        depends = {name for package in found.values() for name in package.depends if part.fullmatch(name)}
        wanted = tuple(sorted(depends - known.keys()))
    return tuple(known.values())
