# SPDX-License-Identifier: MIT
"""The JSON Schema of each manifest, for editors that complete and check TOML, and for other programs."""

from typing import Any

from kmodlab.packs.manifest import LessonManifest, Mistake, PackManifest
from kmodlab.packs.model import Model

MANIFESTS: dict[str, type[Model]] = {"lesson": LessonManifest, "pack": PackManifest, "mistake": Mistake}
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(manifest: str) -> dict[str, Any]:
    """The schema of one of MANIFESTS. What concerns several keys at once is left to `kmodlab pack verify`."""
    return {"$schema": DIALECT, **MANIFESTS[manifest].model_json_schema()}
