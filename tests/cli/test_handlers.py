"""After an edit of the manifest: what users wrote stays, and what is missing is said."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.terminal import Terminal
from tests.pace import patient

NEW_TOOL = """\
  - name: part
    description: Says "goodbye" \\\\ and so on.
    inputSchema:
      type: object
      properties:
        who: {type: string, description: The name of the person.}
    outputSchema:
      type: object
      properties:
        text: {type: string}
"""
STUB = '''\
    async def part(
        self, args: models.PartInput, ctx: Context
    ) -> models.PartOutput:
        """Says "goodbye" \\\\\\\\ and so on."""
        raise NotImplementedError("part is not implemented yet")
'''
STUB = STUB.replace(
    "part(\n        self, args: models.PartInput, ctx: Context\n    )",
    "part(self, args: models.PartInput, ctx: Context)",
)


@pytest.fixture
def grown(hello: Path) -> Path:
    """The project after a tool was added to its manifest."""
    manifest = hello / "mcpgen.yaml"
    manifest.write_text(manifest.read_text("utf-8") + NEW_TOOL, encoding="utf-8")
    return hello


def handlers(project: Path) -> Path:
    return project / "server" / "hello_server" / "handlers.py"


def starts(project: Path) -> bool:
    """Whether the service can be made: all handlers are there, all names are bound."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import ast\n"
            "from hello_server.handlers import Hello\n"
            "for tool in Hello.contract.tools.values():\n"
            "    method = getattr(Hello, tool.method)\n"
            "    annotations = method.__annotations__.values()\n"
            "    for text in (a for a in annotations if isinstance(a, str)):\n"
            "        for node in ast.walk(ast.parse(text)):\n"
            "            if isinstance(node, ast.Name) and node.id != 'str':\n"
            "                assert node.id in method.__globals__, text\n"
            "Hello()",
        ],
        cwd=project / "server",
        capture_output=True,
        timeout=patient(60),
        check=False,
        encoding="utf-8",
    )
    assert not done.stderr or "abstract" in done.stderr, done.stderr
    return done.returncode == 0


def test_a_new_tool_is_said_with_the_stub_to_paste_and_no_file_of_yours_changes(
    grown: Path, terminal: Terminal
) -> None:
    before = handlers(grown).read_bytes()
    done = terminal.mcpgen("generate")
    assert done.code == 0
    assert "handlers.py:8:1: warning[MG414]: Hello has no part\n" in done.err
    assert STUB in done.err
    assert handlers(grown).read_bytes() == before
    assert not starts(grown)
    # It is said again as long as it is so, although nothing is left to generate.
    again = terminal.mcpgen("generate", "--check")
    assert again.code == 0
    assert "Hello has no part" in again.err
    assert json.loads(terminal.mcpgen("generate", "--json").out)["stubs"] == STUB


def test_the_printed_stub_pasted_is_all_that_was_missing(
    grown: Path, terminal: Terminal
) -> None:
    said = json.loads(terminal.mcpgen("generate", "--json").out)["stubs"]
    file = handlers(grown)
    file.write_text(f"{file.read_text('utf-8')}\n{said}", encoding="utf-8")
    assert terminal.mcpgen("generate").err == ""
    assert starts(grown)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("indent", ["    ", "\t", "  "])
def test_stubs_are_added_and_every_other_byte_stays(
    grown: Path, terminal: Terminal, line_end: str, indent: str
) -> None:
    file = handlers(grown)
    text = file.read_text("utf-8").replace("    ", indent)
    text += f"{indent}# My own remark.  \n\n\nEND = 'é'  # no newline behind this"
    before = text.replace("\n", line_end).encode()
    file.write_bytes(before)
    file.chmod(0o640)

    done = terminal.mcpgen("generate", "--add-stubs")

    assert (done.code, done.err) == (0, "")
    assert "stubs added to server/hello_server/handlers.py" in done.out
    after = file.read_bytes()
    lines = after.split(line_end.encode())
    kept = iter(lines)
    assert all(line in kept for line in before.split(line_end.encode()))
    assert b"async def part(" in after
    assert after.count(b"\r\n") in (0, after.count(b"\n"))
    assert file.stat().st_mode & 0o777 == 0o640
    assert starts(grown)
    assert terminal.mcpgen("generate", "--add-stubs").err == ""
    assert file.read_bytes() == after


@pytest.mark.parametrize(
    "source",
    [
        "from .generated import HelloService\nclass Hello(HelloService): pass\n",
        "import hello_server.generated as g\nclass Hello(g.HelloService):\n    x = 1\n",
        '"""Only words."""\nfrom .generated import HelloService as HelloService\n\n\n'
        "@object.__call__ if False else (lambda c: c)\n"
        "class Hello(HelloService):\n\n    '''Doc.'''\n",
    ],
)
def test_stubs_fit_into_any_class(grown: Path, terminal: Terminal, source: str) -> None:
    handlers(grown).write_text(source, encoding="utf-8")
    done = terminal.mcpgen("generate", "--add-stubs")
    assert (done.code, done.err) == (0, "")
    assert starts(grown)


def test_handlers_may_be_inherited_from_classes_in_other_files(
    grown: Path, terminal: Terminal
) -> None:
    package = handlers(grown).parent
    (package / "parting.py").write_text(
        "from .generated import Context, models\n"
        "class Parting:\n"
        "    async def part(self, args: models.PartInput, ctx: Context) -> str:\n"
        "        return ''\n"
    )
    text = handlers(grown).read_text("utf-8")
    text = text.replace("(HelloService)", "(Parting, HelloService)")
    text = text.replace("from .gen", "from .parting import Parting\nfrom .gen", 1)
    handlers(grown).write_text(text, encoding="utf-8")
    assert terminal.mcpgen("generate").err == ""
    assert starts(grown)


def test_of_a_base_that_is_not_at_hand_nothing_is_claimed(
    grown: Path, terminal: Terminal
) -> None:
    text = handlers(grown).read_text("utf-8")
    text = text.replace("(HelloService)", "(Elsewhere, HelloService)")
    text = text.replace("from .gen", "from company import Elsewhere\nfrom .gen", 1)
    handlers(grown).write_text(text, encoding="utf-8")
    assert terminal.mcpgen("generate").err == ""


def test_a_renamed_tool_leaves_a_handler_that_answers_nothing(
    hello: Path, terminal: Terminal
) -> None:
    manifest = hello / "mcpgen.yaml"
    text = manifest.read_text("utf-8").replace("name: greet", "name: welcome")
    manifest.write_text(text, encoding="utf-8")
    said = terminal.mcpgen("generate").err
    assert "warning[MG414]: Hello has no welcome\n" in said
    assert "warning[MG415]: Hello.greet answers nothing that the manifest has" in said
    assert "hint: if it was renamed, call it welcome" in said


def test_a_method_that_other_code_of_yours_names_is_not_called_useless(
    hello: Path, terminal: Terminal
) -> None:
    text = handlers(hello).read_text("utf-8")
    text += "\n    async def extra(self) -> None:\n        self.extra\n"
    handlers(hello).write_text(text, encoding="utf-8")
    assert "MG415" not in terminal.mcpgen("generate").err


def test_a_handler_with_other_types_is_said(hello: Path, terminal: Terminal) -> None:
    file = handlers(hello)
    text = file.read_text("utf-8")
    file.write_text(text.replace("models.GreetInput", "models.Hi"), encoding="utf-8")
    manifest = hello / "mcpgen.yaml"
    manifest.write_text(
        manifest.read_text("utf-8") + "    outputSchema: {type: object}\n",
        encoding="utf-8",
    )
    said = terminal.mcpgen("generate").err
    assert "warning[MG416]: Hello.greet: args is models.GreetInput now" in said

    text = text.replace("ctx: Context", "ctx: Context, more: int")
    file.write_text(text, encoding="utf-8")
    manifest.write_text(manifest.read_text("utf-8") + "\n# touched\n")
    said = terminal.mcpgen("generate").err
    assert "warning[MG416]: Hello.greet: the parameters are (self, args, ctx)" in said


def test_a_file_that_is_not_python_is_said_and_left_alone(
    grown: Path, terminal: Terminal
) -> None:
    handlers(grown).write_text("class Hello(:\n", encoding="utf-8")
    done = terminal.mcpgen("generate", "--add-stubs")
    assert done.code == 0
    assert "handlers.py:1:1: warning[MG417]" in done.err
    assert handlers(grown).read_text("utf-8") == "class Hello(:\n"


def test_a_class_within_something_else_gets_its_stubs_by_hand(
    grown: Path, terminal: Terminal
) -> None:
    source = (
        "from .generated import HelloService\n"
        "if True:\n    class Hello(HelloService):\n        pass\n"
    )
    handlers(grown).write_text(source, encoding="utf-8")
    done = terminal.mcpgen("generate", "--add-stubs")
    assert done.code == 2
    assert "error[MG418]: class Hello does not stand by itself" in done.err
    assert handlers(grown).read_text("utf-8") == source


SPLIT = {
    "greeting.py": (
        "from .generated import Context, HelloService, models\n\n\n"
        "class Part(HelloService):\n"
        "    async def greet(self, args: models.GreetInput, ctx: Context) -> str:\n"
        "        return 'hi'\n"
    ),
    "parting.py": (
        "from .generated import Context, HelloService as Base, models\n\n\n"
        "class Part(Base):\n"
        "    async def part(self, args: models.PartInput, ctx: Context):\n"
        "        return 'bye'\n"
    ),
    "handlers.py": (
        "from .greeting import Part as Greeting\n"
        "from .parting import Part\n\n\n"
        "class Hello(Greeting, Part):\n"
        "    pass\n"
    ),
    "doubles.py": (
        "from .generated import HelloService\n\n\n"
        "class Double(HelloService):\n"
        "    pass\n"
    ),
}


def test_handlers_split_over_classes_get_one_stub_in_the_class_that_is_served(
    grown: Path, terminal: Terminal
) -> None:
    package = handlers(grown).parent
    for name, text in SPLIT.items():
        (package / name).write_text(text, encoding="utf-8")
    done = terminal.mcpgen("generate", "--add-stubs")
    assert (done.code, done.err) == (0, "")
    assert {name: (package / name).read_text("utf-8") for name in SPLIT} == SPLIT
    assert starts(grown)

    manifest = grown / "mcpgen.yaml"
    another = NEW_TOOL.replace("name: part", "name: wave")
    manifest.write_text(manifest.read_text("utf-8") + another, encoding="utf-8")
    said = terminal.mcpgen("generate").err
    assert said.count("MG414") == 1
    assert "handlers.py:5:1: warning[MG414]: Hello has no wave\n" in said
    done = terminal.mcpgen("generate", "--add-stubs")
    assert (done.code, done.err) == (0, "")
    after = {name: (package / name).read_text("utf-8") for name in SPLIT}
    assert [name for name in SPLIT if after[name] != SPLIT[name]] == ["handlers.py"]
    assert after["handlers.py"].count("async def") == 1
    assert starts(grown)


def test_a_server_that_lacks_a_handler_ends_with_one_line_that_names_it(
    grown: Path, terminal: Terminal
) -> None:
    assert terminal.mcpgen("generate").code == 0
    done = subprocess.run(
        [sys.executable, "-m", "hello_server", "--port", "0"],
        cwd=grown / "server",
        capture_output=True,
        timeout=patient(60),
        check=False,
        encoding="utf-8",
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: Hello has no handler part; write it, or let mcpgen add a stub: "
        "mcpgen generate --add-stubs\n"
    )


CALLING = """\
from hello_client import HelloClient, SyncHelloClient


async def test_greeting(client: HelloClient) -> None:
    await client.greet(name="Ann")
    await client.with_options(timeout=5).close()


async def test_more() -> None:
    async with HelloClient.in_memory(None) as other:
        await other.list_tools()
        await other.greet(name="Bo")
    nobody.greet()
"""


def test_a_test_that_calls_a_method_that_is_gone_is_said(
    hello: Path, terminal: Terminal
) -> None:
    calling = hello / "server" / "tests" / "test_mine.py"
    calling.write_text(CALLING, encoding="utf-8")
    text = handlers(hello).read_text("utf-8")
    handlers(hello).write_text(f"{text}\n# Changed.\n", encoding="utf-8")
    assert "MG435" not in terminal.mcpgen("generate").err
    manifest = hello / "mcpgen.yaml"
    text = manifest.read_text("utf-8").replace("name: greet", "name: welcome")
    manifest.write_text(text, encoding="utf-8")

    done = terminal.mcpgen("generate", "--json")

    assert done.code == 0
    found = [
        (Path(each["file"]).name, each["line"], each["message"])
        for each in json.loads(done.out)["diagnostics"]
        if each["code"] == "MG435"
    ]
    message = "calls greet, which the client does not have"
    assert ("test_mine.py", 5, message) in found
    assert {each[2] for each in found} == {message}
    assert calling.read_text("utf-8") == CALLING
