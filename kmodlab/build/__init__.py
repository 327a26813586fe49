# SPDX-License-Identifier: MIT
"""From the learner's C to a module, with the compiler's messages as data."""
