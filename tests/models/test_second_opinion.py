"""The validator of generated packages and one that shares nothing with it agree.

Instances of real servers' schemas, made from the schema and then changed in one place:
both say the same, and what is valid comes back from the model as it was.
"""

from __future__ import annotations

import random
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # has no types
from jsonschema.validators import validator_for  # type: ignore[import-untyped]  # as above
from pydantic_core import from_json

from mcpgen.models import Root, generate
from mcpgen.runtime.core.model import Codec
from mcpgen.runtime.core.schema.validator import SchemaValidator
from tests.packages import same
from tests.shared_data import needs_shared

from .instances import mutated, sample
from .loading import load
from .test_corpus import MANIFESTS, roots

pytestmark = needs_shared

SAMPLES = 12
"""Instances of one schema, each of which is changed twice."""


class Judged:
    """A schema with both validators and its model."""

    def __init__(self, root: Root, model: Any) -> None:
        assert isinstance(root.schema, dict)
        self.schema: dict[str, Any] = root.schema
        self._ours = SchemaValidator(root.schema)
        independent = validator_for(root.schema, default=Draft202012Validator)
        self._other = independent(root.schema)
        self._codec = Codec[Any](model)

    def is_valid(self, instance: Any) -> bool:
        """The verdict of both; a valid instance makes the round trip."""
        verdict = self._ours.is_valid(instance)
        assert verdict == self._other.is_valid(instance), instance
        if verdict:
            built = self._codec.build(instance)
            assert same(instance, self._codec.dump(built)), instance
            assert same(instance, from_json(self._codec.dump_json(built))), instance
        else:
            assert self._ours.problems(instance), instance
        return verdict


def judged(name: str) -> list[Judged]:
    made = roots(name)
    module = load(generate(made))
    return [Judged(root, getattr(module, root.name)) for root in made]


@pytest.mark.parametrize("name", MANIFESTS)
def test_two_validators_agree_and_models_change_nothing(name: str) -> None:
    chosen = random.Random(name)
    verdicts = {True: 0, False: 0}
    for schema in judged(name):
        for _ in range(SAMPLES):
            instance = sample(schema.schema, schema.schema, chosen, 0)
            verdicts[schema.is_valid(instance)] += 1
            for _ in range(2):
                instance = mutated(instance, chosen)
                verdicts[schema.is_valid(instance)] += 1
    assert all(verdicts.values())
