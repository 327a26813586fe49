# SPDX-License-Identifier: MIT
"""What KASAN says beyond the first line of its reports: how memory was touched, and where.

Wording: mm/kasan/report.c, arch/x86/kernel/traps.c.
"""

import re
from collections.abc import Sequence

_TOUCH = re.compile(r"(?P<access>Read|Write) of size (?P<size>\d+) at addr ")
_BOUNDS = re.compile(
    r"^The buggy address is located (?P<offset>\d+) bytes (?P<side>inside of|to the right of|to the left of)\s+"
    r"(?:allocated |freed )?(?P<size>\d+)-byte region",
    re.MULTILINE,
)
_NOTES = 0xDFFF_FC00_0000_0000  # CONFIG_KASAN_SHADOW_OFFSET of x86-64
_RANGE = re.compile(r"KASAN: [\w-]+(?: [\w-]+)? in range \[0x([0-9a-f]+)-")
_MOVABS = re.compile(r"^Code: .*<a0> ((?:[0-9a-f]{2} ){5}fc ff df)\b")
_UNCLEAR = re.compile(r"(?:Oops: )?general protection fault, maybe for address .* KASAN")


def touched(texts: Sequence[str]) -> str:
    """What was done to memory, as in `read 4 bytes of`; `used` when that is not told."""
    found = next((found for text in texts if (found := _TOUCH.match(text))), None)
    if found is None:
        return "used"
    return f"read {_bytes(found)} of" if found["access"] == "Read" else f"wrote {_bytes(found)} to"


def bounds(texts: Sequence[str]) -> str:
    """Where beyond the bounds of an object memory was touched, to be put behind that; empty when it is not told."""
    touch = next((found for text in texts if (found := _TOUCH.match(text))), None)
    found = _BOUNDS.search("\n".join(texts))
    if touch is None or found is None:
        return ""
    offset, size = int(found["offset"]), int(found["size"])
    place = f"at offset {offset + size * (found['side'] == 'to the right of')}"
    if found["side"] == "to the left of":
        place = f"{offset} in front of it"
    return f": {'reading' if touch['access'] == 'Read' else 'writing'} {_bytes(touch)} {place}"


def _bytes(touch: re.Match[str]) -> str:
    return f"{touch['size']} byte{'s' * (touch['size'] != '1')}"


def address(texts: Sequence[str]) -> int | None:
    """The address that was to be used, when the fault came while KASAN looked up whether it may be; None: it did not.

    KASAN's note of an address x is at 0xdffffc0000000000 + x / 8, which is no address when x is not the kernel's. An
    address that gcc knew, as NULL and something, the kernel does not get from the instruction (movabs) by itself.
    """
    for text in texts:
        if found := _RANGE.match(text):
            return int(found[1], 16)
        if found := _MOVABS.search(text):
            return int.from_bytes(bytes.fromhex(found[1]), "little") - _NOTES << 3
    return 0 if any(map(_UNCLEAR.match, texts)) else None
