# SPDX-License-Identifier: MIT
"""Packs: what is taught. Manifests, the catalogue, and the author's verification."""
