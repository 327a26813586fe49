# SPDX-License-Identifier: MIT
"""What all manifests are made of: the strict table, names, patterns, and tables told apart by a key."""

import re
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
    ValidationInfo,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$", max_length=64)]
ModuleName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=55)]
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$", max_length=64)]
FunctionName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=64)]
PythonName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
Version = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.+_-]*$", max_length=64)]
Line = Annotated[str, StringConstraints(pattern=r"^[^\n]+$")]
GuestPath = Annotated[str, StringConstraints(pattern=r"^/", max_length=4000)]
Mode = Annotated[str, StringConstraints(pattern=r"^0[0-7]{3}$")]
Seconds = Annotated[float, Field(gt=0, le=120)]


class Model(BaseModel):
    """A table of a manifest: immutable, and no key that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def compiles(pattern: str) -> str:
    """The regular expression `pattern` as it is; raise ValueError when it is none."""
    try:
        re.compile(pattern)
    except re.error as problem:
        raise ValueError(f"it is no regular expression: {problem}") from problem
    return pattern


Pattern = Annotated[str, AfterValidator(compiles)]
LANGUAGE = re.compile(r"[a-z]{2,3}")


def _in_one_language(value: Any, about: ValidationInfo) -> Any:
    """Of a table of languages, the text of the one that is read for, else the first; anything else as it is."""
    if not isinstance(value, dict):
        return value
    if not value or not all(LANGUAGE.fullmatch(str(key)) for key in value):
        raise ValueError('a text in several languages is a table such as { en = "…", de = "…" }')
    wanted = (about.context or {}).get("language")
    return value.get(wanted, next(iter(value.values())))


class Shorthand:
    """Tells JSON Schema that a table may be written shorter, as what `schema` describes."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [self._schema, handler(schema)]}


_LANGUAGES = Shorthand(
    {
        "type": "object",
        "propertyNames": {"pattern": f"^{LANGUAGE.pattern}$"},
        "additionalProperties": {"type": "string"},
        "minProperties": 1,
    }
)
Text = Annotated[
    str, BeforeValidator(_in_one_language), _LANGUAGES
]  # for people, in one or several languages
TextLine = Annotated[Line, BeforeValidator(_in_one_language), _LANGUAGES]


def key_among(keys: tuple[str, ...]) -> Discriminator:
    """Tell tables apart by which of `keys` they have."""

    def distinguish(value: Any) -> str | None:
        if isinstance(value, BaseModel):
            return next(key for key in keys if key in type(value).model_fields)
        return next((key for key in keys if key in value), None) if isinstance(value, dict) else None

    words = f"it needs one of the keys {', '.join(keys)}"
    return Discriminator(distinguish, custom_error_type="no_such_key", custom_error_message=words)
