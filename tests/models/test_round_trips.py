"""The law and the model: what is valid is built, and dumped again unchanged."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic_core import from_json

from mcpgen.diagnostics import MCPGenError
from mcpgen.models import GeneratedModels, Root, generate
from mcpgen.runtime.core.model import Codec
from mcpgen.runtime.core.schema.validator import InvalidSchema, SchemaValidator

from .loading import load, same
from .schemas import documents, instances

BATCH = 12
# Without shrinking: that may take minutes.
QUICK = [Phase.explicit, Phase.reuse, Phase.generate]
SLOW = [
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.large_base_example,
]


@settings(max_examples=25, phases=QUICK, deadline=None, suppress_health_check=SLOW)
@given(st.lists(documents(), min_size=BATCH, max_size=BATCH), st.data())
def test_any_valid_instance_of_any_schema_comes_back_unchanged(
    schemas: list[Any], data: st.DataObject
) -> None:
    roots = [Root(f"Thing{n}", s, "x") for n, s in enumerate(schemas)]
    module = load(generate(roots))
    for root in roots:
        validator = SchemaValidator(root.schema)
        codec = Codec[Any](getattr(module, root.name))
        for instance in data.draw(st.lists(instances(root.schema), max_size=4)):
            if _is_valid(validator, instance):
                built = codec.build(instance)
                assert same(codec.dump(built), instance)
                assert same(from_json(codec.dump_json(built)), instance)


def _is_valid(validator: SchemaValidator, instance: Any) -> bool:
    try:
        return validator.is_valid(instance)
    except InvalidSchema:
        # A reference to itself alone can't be evaluated.
        return False


@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
@given(documents())
def test_the_same_schema_gives_the_same_source_and_fields(schema: Any) -> None:
    def made() -> GeneratedModels:
        return generate([Root("Thing", schema, "x")])

    try:
        assert made() == made()
    except MCPGenError as error:
        raise AssertionError("every reference is inside the schema") from error
