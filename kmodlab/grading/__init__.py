# SPDX-License-Identifier: MIT
"""What the evidence is worth."""
