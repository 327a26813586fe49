# SPDX-License-Identifier: MIT
"""The architecture of the guests: what is different on another one, in one place.

Besides, `modules/kmodlab` knows the registers, `evidence/patterns.py` the words of a crash, `evidence/kasan.py` where
KASAN keeps its notes, `evidence/calls.py` the machine code, and `kernels/strict.py` the folders and options of x86-64.
A second architecture is a second value here and a part in each of these.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Architecture:
    """What a guest's architecture is called, and what a machine of it is made of."""

    name: str  # the kernel's name of it, as `uname -m` says
    debian: str  # Debian's name of it
    built_image: str  # where a kernel build puts the image that boots
    emulator: str  # QEMU's program
    emulator_package: str  # Debian's package of it
    machine: str  # QEMU's machine type
    cpu: str  # QEMU's CPU without hardware virtualisation
    console: str  # the kernel's name of the first serial line
    serial_driver: str  # the configuration option of its driver
    module_space: range  # where the code of modules is


X86_64 = Architecture(
    name="x86_64",
    debian="amd64",
    built_image="arch/x86/boot/bzImage",
    emulator="qemu-system-x86_64",
    emulator_package="qemu-system-x86",
    machine="pc",
    # Without CMPXCHG16B: QEMU 7.2 leaves wrong flags after it, which Linux 6.12 does not survive.
    # Without page tables of five levels and the large registers of AVX, for which a kernel pays at every turn.
    cpu="max,-cx16,la57=off,xsave=off",
    console="ttyS0",
    serial_driver="SERIAL_8250_CONSOLE",
    module_space=range(0xFFFF_FFFF_A000_0000, 0xFFFF_FFFF_FF00_0000),  # Documentation/arch/x86/x86_64/mm.rst
)
ARCHITECTURE = X86_64  # of all guests
