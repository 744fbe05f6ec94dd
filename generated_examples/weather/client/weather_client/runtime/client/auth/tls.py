"""TLS with certificates of a user's own."""

from __future__ import annotations

import ssl
from pathlib import Path


def tls_context(
    cacert: str | Path | None = None,
    cert: str | Path | None = None,
    key: str | Path | None = None,
    password: str | None = None,
) -> ssl.SSLContext | None:
    """For the option `tls`; None where there is nothing of a user's own.

    Args:
        cacert: A file with the authorities to trust, instead of the system's.
        cert: A file with the client's certificate (mTLS).
        key: Its private key; None if it is in the same file.
        password: What the key is encrypted with.

    Raises:
        ValueError: A file can't be used; the text names it.
    """
    if cert is None and key is not None:
        raise ValueError("a private key needs its certificate")
    if cacert is None and cert is None:
        return None
    try:
        context = ssl.create_default_context(cafile=cacert)
    except OSError as error:
        raise ValueError(f"{cacert}: no certificates can be read ({error})") from None
    if cert is not None:
        # Without this, OpenSSL asks on the terminal.
        secret = password or ""
        try:
            context.load_cert_chain(cert, key, lambda: secret)
        except OSError as error:
            problem = f"{cert}: no certificate and key can be read ({error})"
            raise ValueError(problem) from None
    return context
