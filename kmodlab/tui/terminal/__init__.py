# SPDX-License-Identifier: MIT
"""A terminal for the guest's console: its screen, its keys, and the line to the guest. Nothing here is a widget."""
