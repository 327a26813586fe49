# SPDX-License-Identifier: MIT
"""What a class's grades are written as: one module a format, each with write(grades, pack, roster, folder)."""
