# SPDX-License-Identifier: MIT
"""The app."""
