"""The version of the runtime, and whether it fits generated code."""

from typing import Final

RUNTIME_VERSION: Final = "0.1.0"


def require(version: str, package: str) -> None:
    """Check that this runtime fits code that was generated for a version of it.

    It may be newer, but neither older nor of another major version.

    Args:
        version: The version that the code was generated for.
        package: The name of the generated package.

    Raises:
        ImportError: It does not fit; the message names what to install.
    """
    wanted, found = _numbers(version), _numbers(RUNTIME_VERSION)
    if wanted[0] == found[0] and wanted <= found:
        return
    name = package.partition(".")[0]
    raise ImportError(
        f"{name} was generated for mcpgen-runtime {version} and does not work with "
        f"{RUNTIME_VERSION}: pip install 'mcpgen-runtime>={version},<{wanted[0] + 1}'",
        name=__name__,
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
