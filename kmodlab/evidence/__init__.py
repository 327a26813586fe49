# SPDX-License-Identifier: MIT
"""What a machine was seen to do, as plain values."""
