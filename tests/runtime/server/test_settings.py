"""Settings are composed of sections; a package without a feature knows its settings' names."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import re
from inspect import get_annotations

import pytest

from mcpgen.runtime.server import Settings, SettingsError
from mcpgen.runtime.server.options.elsewhere import SETTINGS
from mcpgen.runtime.server.options.section import Section, groups, options
from mcpgen.runtime.server.options.sources import from_arguments


def sections() -> list[type[Section]]:
    return [base for base in Settings.__bases__ if issubclass(base, Section)]


def test_the_names_of_absent_settings_are_those_of_the_sections() -> None:
    expected: dict[tuple[str, ...], set[str]] = {}
    for option in options(Settings):
        features = {
            each.feature
            for each in sections()
            if issubclass(each, option.section) and each.feature
        }
        if features:
            (key,) = (known for known in SETTINGS if {*known} == features)
            expected.setdefault(key, set()).add(option.name)
    assert {key: {*names} for key, names in SETTINGS.items()} == expected


def test_no_two_sections_define_a_setting_of_the_same_name() -> None:
    defined = [
        name
        for section in Settings.__mro__
        if issubclass(section, Section)
        for name in get_annotations(section)
        if name not in ("title", "feature", "common")
    ]
    assert sorted(defined) == sorted({*defined})
    assert {*defined} == {field.name for field in dataclasses.fields(Settings)}


def test_every_setting_has_a_heading_in_help(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        from_arguments(
            ["--help-all"], {}, program="p", description="d", defaults=Settings()
        )
    lines = capsys.readouterr().out.splitlines()
    for title, entries in groups(Settings).items():
        start = lines.index(f"{title}:")
        end = lines.index("", start)
        for option in entries:
            assert any(
                line.startswith(f"  {option.flag}") for line in lines[start:end]
            ), option.flag


def test_help_has_the_common_settings_of_each_section_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        from_arguments(
            ["--help"], {}, program="p", description="d", defaults=Settings()
        )
    shown = set(re.findall(r"^  (--[a-z-]+)", capsys.readouterr().out, re.MULTILINE))
    common = {option.flag for option in options(Settings) if option.is_common}
    assert shown == common | {"--help-all"}


def test_common_settings_are_settings_of_their_section() -> None:
    for section in Settings.__mro__:
        if issubclass(section, Section):
            assert {*(section.common or ())} <= {each.name for each in options(section)}


def test_settings_can_be_copied() -> None:
    settings = Settings(port=1, auth_scopes=("a",))
    assert copy.deepcopy(settings) == settings
    assert pickle.loads(pickle.dumps(settings)) == settings
    assert dataclasses.replace(settings, port=2) == Settings(port=2, auth_scopes=("a",))
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.port = 3  # type: ignore[misc]  # that it is frozen is what is tested


def test_settings_of_ones_own_are_checked_as_the_others() -> None:
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Own(Settings):
        title = "Own"

    with pytest.raises(SettingsError, match="port"):
        Own(port=70_000)
    assert Own.from_environment({"MCP_PORT": "5"}) == Own(port=5)


def test_an_unknown_setting_in_code_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="no_such_setting"):
        Settings(no_such_setting=1)  # type: ignore[call-arg]  # tested at run time
