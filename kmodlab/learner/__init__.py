# SPDX-License-Identifier: MIT
"""The learner's own files and progress."""
