# SPDX-License-Identifier: MIT
"""The screens of the app, and what is shown above them for a moment."""
