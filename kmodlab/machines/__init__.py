# SPDX-License-Identifier: MIT
"""Throw-away kernels to run modules in."""
