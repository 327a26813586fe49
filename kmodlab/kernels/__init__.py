# SPDX-License-Identifier: MIT
"""Kernels to run: image, headers and modules as one matched pair, unpacked into the user's cache."""
