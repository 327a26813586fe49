# SPDX-License-Identifier: MIT
"""The archives that this system's apt reads, asked for another suite of theirs.

Both formats of sources.list(5): one line an archive, in *.list, and deb822 stanzas, in *.sources. Addresses, keys
and options stay as they are; so an archive is trusted as far as this system trusts it, and no further.
"""

import re
from collections.abc import Iterator

LINE = re.compile(r"deb\s+(?P<options>\[[^\]]*\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<components>.+)")
FIELD = re.compile(r"^(?P<name>[A-Za-z0-9-]+):(?P<value>.*(?:\n[ \t].*)*)", re.MULTILINE)
COMPONENT = "main"  # where kernels are, on Debian and on Ubuntu


def lines(text: str, suite: str) -> Iterator[str]:
    """The archives of a *.list with the component main: each as it is, and each with `suite` in its place."""
    for line in text.splitlines():
        found = LINE.fullmatch(line.partition("#")[0].strip())
        if found and COMPONENT in found["components"].split():
            for name in dict.fromkeys((found["suite"], suite)):
                yield f"deb {found['options'] or ''}{found['uri']} {name} {COMPONENT}"


def stanzas(text: str, suite: str) -> Iterator[str]:
    """The archives of a *.sources with the component main: each with its own suites and `suite`."""
    uncommented = re.sub(r"^#.*\n?", "", text, flags=re.MULTILINE)
    for stanza in re.split(r"\n[ \t]*\n", uncommented):
        fields = {found["name"].lower(): found["value"] for found in FIELD.finditer(stanza)}
        is_enabled = fields.get("enabled", "yes").strip().lower() not in ("no", "false", "0")
        is_binary = "deb" in fields.get("types", "").split()
        if is_enabled and is_binary and COMPONENT in fields.get("components", "").split():
            suites = dict.fromkeys((*fields["suites"].split(), suite))
            changed = {"types": " deb", "suites": " " + " ".join(suites), "components": f" {COMPONENT}"}
            yield "\n".join(f"{name}:{value}" for name, value in (fields | changed).items()) + "\n"
