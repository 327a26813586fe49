# SPDX-License-Identifier: MIT
"""A lab for learning Linux kernel module programming."""

__version__ = "0.1.0"
