"""Building and dumping: nothing refused, nothing changed, nothing added."""

from __future__ import annotations

import math
import threading
from typing import Annotated, Any, Literal, TypeAlias

import pytest
from pydantic import Field, ValidationError
from pydantic_core import from_json

from mcpgen.runtime.core.model import Codec, Model, absent


class Point(Model):
    x: int
    y: int | float


class Place(Model):
    kind: Literal["place"] = "place"
    name: str
    from_: Annotated[str | None, Field(alias="from")] = absent()
    note: str | None = None
    point: Point | None = absent()
    tags: list[str] = Field(default=[])
    anything: Any = None


class Forecast(Model):
    high_low: Annotated[str | None, Field(alias="highLow")] = None
    day_count: Annotated[int, Field(alias="dayCount")] = 3
    next: Forecast | None = absent()


Places: TypeAlias = list[Place | Point] | None

FULL = {
    "kind": "place",
    "name": "Oslo",
    "from": "here",
    "note": None,
    "point": {"x": 1, "y": 50, "z": {"a": [1.0]}},
    "tags": [],
    "anything": {"b": None},
    "from_": "not the field",
    "unknown": [None, {"c": 1}],
}


@pytest.mark.parametrize(
    "instance", [FULL, {"kind": "place", "name": ""}, {"name": "without its constant"}]
)
def test_an_object_comes_back_as_it_was(instance: dict[str, Any]) -> None:
    codec = Codec[Place](Place)
    built = codec.build(instance)
    assert codec.dump(built) == instance
    assert from_json(codec.dump_json(built)) == instance


def test_only_objects_with_constants_pay_for_them() -> None:
    class Sight(Place):
        stars: int = 0

    assert Sight(name="Tower").model_fields_set == {"kind", "name"}
    assert "__init__" not in vars(Point)
    assert "__init__" not in vars(Model)


@pytest.mark.parametrize(
    "instance", [None, [], [{"x": 1, "y": 2}, FULL], [{"x": 1, "y": 2, "name": "a"}]]
)
def test_an_alias_is_as_good_as_a_class(instance: Any) -> None:
    codec = Codec[Places](Places)
    assert codec.dump(codec.build(instance)) == instance


@pytest.mark.parametrize(
    "number", [50, 50.0, 0.1, -0.0, 2**63, -(2**100), 1e308, 10**25]
)
def test_a_number_keeps_its_kind_and_value(number: float) -> None:
    codec = Codec[Any](int | float)
    built = codec.build(number)
    assert type(built) is type(number)
    assert built == number
    assert from_json(codec.dump_json(built)) == number


def test_a_whole_float_is_an_integer_where_one_is_wanted() -> None:
    built = Codec[Place](Place).build({"name": "a", "point": {"x": 3.0, "y": 0.5}})
    assert built.point is not None
    assert type(built.point.x) is int
    assert built.point.y == 0.5


@pytest.mark.parametrize(
    "instance",
    [
        {"high_low": 1, "day_count": None},
        {"highLow": None, "high_low": 1},
        {"dayCount": 3, "day_count": 4, "next": {"high_low": 5}},
        {"next": {"next": {"day_count": {"high_low": [1]}}}},
    ],
)
def test_an_unknown_key_called_like_an_attribute_is_not_the_attribute(
    instance: dict[str, Any],
) -> None:
    codec = Codec[Forecast](Forecast)
    built = codec.build(instance)
    assert codec.dump(built) == instance
    assert from_json(codec.dump_json(built)) == instance


def test_a_whole_float_stays_one_where_any_number_is_wanted() -> None:
    places = Codec[Places](Places)
    built = places.build(
        from_json(
            b'[{"name":"b","anything":{"point":1.0},"int":7.0},'
            b'{"name":"c","point":{"x":3.0,"y":50.0,"z":[1.0]}},{"x":1.0,"y":2.0}]'
        )
    )
    assert places.dump_json(built) == (
        b'[{"name":"b","anything":{"point":1.0},"int":7.0},'
        b'{"name":"c","point":{"x":3,"y":50.0,"z":[1.0]}},{"x":1,"y":2.0}]'
    )


@pytest.mark.parametrize("instance", [{"x": "1", "y": 1}, {"x": True, "y": 1}, {}, 5])
def test_nothing_is_coerced(instance: Any) -> None:
    with pytest.raises(ValidationError):
        Codec[Point](Point).build(instance)


def test_what_the_user_leaves_out_is_not_sent() -> None:
    codec = Codec[Place](Place)
    assert codec.dump(Place(name="a")) == {"kind": "place", "name": "a"}
    assert codec.dump(Place(name="a", from_=None)) == {"kind": "place", "name": "a"}
    assert codec.dump(Place(name="a", note=None))["note"] is None


def test_what_is_changed_later_is_sent() -> None:
    codec = Codec[Place](Place)
    place = codec.build({"name": "a", "from": "b"})
    place.from_ = None
    place.tags = ["x"]
    assert codec.dump(place) == {"name": "a", "tags": ["x"]}


def test_numbers_that_json_lacks_become_null_in_text() -> None:
    codec = Codec[Any](dict[str, float])
    assert math.isnan(codec.dump({"a": math.nan})["a"])
    assert b"NaN" in Codec[Point](Point).dump_json(Point(x=1, y=math.nan))


def test_threads_may_use_a_codec_for_the_first_time_together() -> None:
    codec = Codec[Places](Places)
    start = threading.Barrier(8)
    results: list[Any] = []

    def use() -> None:
        start.wait(60)
        results.append(codec.dump(codec.build([FULL])))

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == [[FULL]] * 8
