"""What single values of a manifest may be, beyond their type, and how that is said.

Used by the types of `model` and `publishing`; knows values, no keys.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import (
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
    ValidatorFunctionWrapHandler,
)
from pydantic import WrapValidator as _WrapValidator
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError
from pydantic_core.core_schema import no_info_after_validator_function

PLAIN: Final = "mcpgen"
"""Type of our own validation errors: their text is a message already."""

CONFIG: Final = ConfigDict(
    strict=True,
    extra="forbid",
    alias_generator=to_camel,
    json_schema_extra={"patternProperties": {"^(_|x-)": {}}},
)

_URL: Final = re.compile(r"https?://[\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7e]+")
LONGEST_URL: Final = 500


@dataclass(frozen=True, slots=True)
class Matching:
    """A text that a pattern matches as a whole; editors get to know the pattern.

    Attributes:
        pattern: A regular expression that Python and JSON Schema read alike.
        message: What is said otherwise: "must ...".
    """

    pattern: str
    message: str

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Pydantic's hook: the check."""
        return no_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Pydantic's hook: the pattern for editors."""
        return {**handler(schema), "pattern": f"^(?:{self.pattern})$"}

    def _checked(self, text: str) -> str:
        if re.fullmatch(self.pattern, text) is None:
            raise refused(self.message)
        return text


def or_refuse(message: str) -> _WrapValidator:
    """One message in our words instead of one per member of a union."""

    def check(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        try:
            return handler(value)
        except ValidationError:
            raise refused(message) from None

    return _WrapValidator(check)


def refused(message: str) -> PydanticCustomError:
    """An error whose text goes on from the value's name: "must be ..."."""
    return PydanticCustomError(PLAIN, "{text}", {"text": message})


def url(text: str) -> str:
    """An address of the web, without secrets."""
    if len(text) > LONGEST_URL or not _URL.fullmatch(text) or not _has_host(text):
        raise refused("must be an http or https URL, without a user or password")
    return text


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port_is_one = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return bool(parts.hostname) and port_is_one and "@" not in parts.netloc


def version(text: str) -> str:
    """A version that packages can have (PEP 440)."""
    from packaging.version import InvalidVersion, Version

    try:
        Version(text)
    except InvalidVersion:
        raise refused(
            "must be a version by PEP 440, such as 1.2.0 or 2.0.0rc1"
        ) from None
    return text


def licence(text: str) -> str:
    """An SPDX licence expression."""
    from packaging.licenses import (
        InvalidLicenseExpression,
        canonicalize_license_expression,
    )

    try:
        canonicalize_license_expression(text)
    except InvalidLicenseExpression:
        message = "must be an SPDX licence expression, such as MIT or Apache-2.0"
        raise refused(message) from None
    return text


def specifier(text: str) -> str:
    """A version specifier (PEP 440) that is not empty."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        text = ""
    if not text.strip():
        raise refused("must be a version specifier, such as `>=0.2,<0.3`")
    return text


def pythons(text: str) -> str:
    """Versions of Python, of which generated code needs 3.11."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        specifier = SpecifierSet(text)
    except InvalidSpecifier:
        raise refused("must be a version specifier, such as `>=3.12`") from None
    if not text or any(specifier.contains(f"3.{minor}") for minor in range(11)):
        raise refused("must not admit a Python before 3.11: begin with `>=3.11`")
    return text
