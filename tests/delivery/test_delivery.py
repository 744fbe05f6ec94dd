"""The Dockerfile, and the examples for Kubernetes, systemd and nginx, read by linters."""

from __future__ import annotations

import configparser
import json
import re
import subprocess
import sys
from pathlib import Path

import crossplane
import kubernetes_validate
import pytest
import yaml

from mcpgen.runtime.server.settings import Settings
from tests.docs import pages

CHECKOUT = Path(__file__).parents[2]
PAGE = CHECKOUT / "docs" / "how-to" / "deploy.md"
EXAMPLES = {block.title: block.text for block in pages.blocks(PAGE) if block.title}
DOCKERFILES = sorted(CHECKOUT.glob("generated_examples/*/server/Dockerfile"))


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.parts[-3])
def test_a_linter_has_nothing_to_say_of_the_dockerfile(dockerfile: Path) -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    done = subprocess.run(
        [hadolint, "--format", "json", dockerfile],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert json.loads(done.stdout) == []


def test_the_container_needs_no_root_and_is_looked_after() -> None:
    lines = DOCKERFILES[0].read_text("utf-8").splitlines()
    words = [line.split(" ", 1)[0] for line in lines]
    assert words.count("FROM") == 2
    assert words.index("USER") < words.index("ENTRYPOINT")
    assert "HEALTHCHECK" in words


@pytest.mark.parametrize("name", ["deploy/deployment.yaml", "deploy/service.yaml"])
def test_kubernetes_would_take_the_manifests(name: str) -> None:
    document = yaml.safe_load(EXAMPLES[name])
    latest = kubernetes_validate.latest_version()
    kubernetes_validate.validate(document, latest, strict=True)


def test_nginx_would_take_its_configuration(tmp_path: Path) -> None:
    file = tmp_path / "nginx.conf"
    file.write_text(EXAMPLES["deploy/nginx.conf"], "utf-8")
    found = crossplane.parse(str(file), strict=True)
    assert (found["status"], found["errors"]) == ("ok", [])


def test_the_unit_has_the_sections_of_a_service() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.read_string(EXAMPLES["deploy/weather.service"])
    assert unit.sections() == ["Unit", "Service", "Install"]
    assert unit["Service"]["ExecStart"].endswith("-m weather_server")


def test_every_setting_that_is_named_exists() -> None:
    """A misspelt environment variable would be passed over in silence."""
    text = PAGE.read_text("utf-8")
    known = {f"MCP_{name.upper()}" for name in Settings.__dataclass_fields__}
    known |= {f"{name}_FILE" for name in known}
    assert set(re.findall(r"MCP_[A-Z_]+", text)) <= known
