# SPDX-License-Identifier: MIT
"""The kmodlab command."""
