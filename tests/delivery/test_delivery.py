"""The Dockerfile, and the examples for Kubernetes, systemd and nginx, read by linters."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import crossplane
import kubernetes_validate
import pytest
import yaml

from mcpgen.runtime.server.settings import Settings
from tests.docs import pages
from tests.pace import patient

CHECKOUT = Path(__file__).parents[2]
PAGE = CHECKOUT / "docs" / "how-to" / "deploy.md"
EXAMPLES = {block.title: block.text for block in pages.blocks(PAGE) if block.title}
TOKEN = "a-token-that-nobody-else-knows-1234"
DOCKERFILES = sorted(CHECKOUT.glob("generated_examples/*/server/Dockerfile"))


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.parts[-3])
def test_a_linter_has_nothing_to_say_of_the_dockerfile(dockerfile: Path) -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    done = subprocess.run(
        [hadolint, "--format", "json", dockerfile],
        capture_output=True,
        encoding="utf-8",
        timeout=patient(60),
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


def test_the_secret_has_what_the_deployment_reads() -> None:
    (made,) = (b.text for b in pages.blocks(PAGE) if "kubectl create secret" in b.text)
    pod = yaml.safe_load(EXAMPLES["deploy/deployment.yaml"])["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    (volume,) = pod["volumes"]
    assert f"secret generic {volume['secret']['secretName']} " in made
    keys = set(re.findall(r"--from-(?:file|literal)=([\w-]+)", made))
    files = [each["value"] for each in container["env"] if "_FILE" in each["name"]]
    mounted = container["volumeMounts"][0]["mountPath"]
    assert {f"{mounted}/{key}" for key in keys} == set(files)


def test_nginx_would_take_its_configuration(tmp_path: Path) -> None:
    file = tmp_path / "nginx.conf"
    # The parser takes what is mapped for directives; test_upstreams runs all of it.
    text = re.sub(r"map [^{]*\{[^}]*\}", "", EXAMPLES["deploy/nginx.conf"])
    file.write_text(text, "utf-8")
    found = crossplane.parse(str(file), strict=True)
    assert (found["status"], found["errors"]) == ("ok", [])


@pytest.fixture(scope="module")
def unit() -> dict[str, list[tuple[str, str]]]:
    """The unit of systemd: the directives of each section, in their order."""
    sections: dict[str, list[tuple[str, str]]] = {}
    for line in EXAMPLES["deploy/weather.service"].splitlines():
        if line.startswith("["):
            sections[line.strip("[]")] = []
        elif line:
            name, _, value = line.partition("=")
            sections[list(sections)[-1]].append((name, value))
    return sections


def test_systemd_knows_every_directive_of_the_unit(
    unit: dict[str, list[tuple[str, str]]],
) -> None:
    """It warns of others in its log, and starts the service without what they protect."""
    known: dict[str, set[str]] = {}
    lines = (Path(__file__).parent / "systemd.txt").read_text("utf-8").splitlines()
    for line in lines[1:]:
        if line.startswith("["):
            known[line.strip("[]")] = set()
        else:
            known[list(known)[-1]].add(line)
    assert list(unit) == ["Unit", "Service", "Install"]
    for section, directives in unit.items():
        assert {name for name, _ in directives} <= known[section]


def test_the_unit_keeps_what_the_container_promises(
    unit: dict[str, list[tuple[str, str]]],
) -> None:
    """Not root, nothing to write to, no way to more: as Dockerfile and Kubernetes."""
    service = dict(unit["Service"])
    pod = yaml.safe_load(EXAMPLES["deploy/deployment.yaml"])["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert "USER" in DOCKERFILES[0].read_text("utf-8")
    wanted = {
        "DynamicUser": "yes",
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "CapabilityBoundingSet": "",
    }
    assert wanted.items() <= service.items()


def test_the_unit_starts_and_stops_the_server(
    unit: dict[str, list[tuple[str, str]]], tmp_path: Path
) -> None:
    """With the unit's environment and no other, in systemd's working directory."""
    service = dict(unit["Service"])
    credential, _, source = service["LoadCredential"].partition(":")
    assert Path(source).name == credential
    (tmp_path / credential).write_text(f"{TOKEN}\n", "utf-8")
    python, *arguments = service["ExecStart"].split()
    assert python == "/opt/weather/bin/python"
    assigned = (value for name, value in unit["Service"] if name == "Environment")
    environment = {
        name: value.replace("%d", str(tmp_path))
        for name, _, value in (assignment.partition("=") for assignment in assigned)
    }
    home = CHECKOUT / "generated_examples" / "weather" / "server"
    started = subprocess.Popen(
        [sys.executable, *arguments],
        cwd="/",
        env={**environment, "PYTHONPATH": str(home), "MCP_PORT": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    )
    try:
        assert started.stdout is not None
        # It tells where it is as soon as it listens, and its output ends if it can't.
        url = started.stdout.readline().strip()
        assert _status(url, TOKEN) == 400
        assert _status(url, "another") == 401
    finally:
        started.terminate()
        started.communicate(timeout=int(service["TimeoutStopSec"]))
    assert started.returncode == 0


def _status(url: str, token: str) -> int:
    """The status of an answer to a request without a body."""
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Host": "mcp.example.com",
    }
    request = urllib.request.Request(url, b"", headers)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=60)
    refused.value.close()
    return refused.value.code


def test_every_setting_that_is_named_exists() -> None:
    """A misspelt environment variable would be passed over in silence."""
    text = PAGE.read_text("utf-8")
    known = {f"MCP_{name.upper()}" for name in Settings.__dataclass_fields__}
    known |= {f"{name}_FILE" for name in known}
    assert set(re.findall(r"MCP_[A-Z_]+", text)) <= known
