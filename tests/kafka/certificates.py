"""A certificate authority for one cluster, made with `openssl`."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
_EXTENSIONS = "basicConstraints=CA:FALSE\nsubjectAltName=IP:127.0.0.1,DNS:localhost\n"


@dataclass(frozen=True)
class Identity:
    """A private key (PKCS #8, not encrypted) and the certificate for it, both PEM."""

    key: Path
    certificate: Path

    @property
    def keystore(self) -> Path:
        """One PEM file with key and certificate, as Java's keystore of type PEM wants it."""
        path = self.key.with_suffix(".keystore.pem")
        path.write_text(self.key.read_text("ascii") + self.certificate.read_text("ascii"), "ascii")
        return path


class Authority:
    """Signs certificates that are valid for 127.0.0.1 and localhost.

    Args:
        directory: Where keys and certificates are written; must not exist yet.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True)
        self._directory = directory
        self._issued: dict[str, Identity] = {}
        self.certificate = directory / "ca.pem"
        self._key = directory / "ca.key"
        self._openssl(
            "req", "-x509", *_NEW_KEY, "-keyout", self._key, "-out", self.certificate, "-subj", "/CN=tests CA"
        )

    def issue(self, name: str) -> Identity:
        """Return key and certificate with the common name `name`; the same ones when asked again."""
        if name not in self._issued:
            identity = Identity(self._directory / f"{name}.key", self._directory / f"{name}.pem")
            request, extensions = self._directory / f"{name}.csr", self._directory / "extensions"
            extensions.write_text(_EXTENSIONS, "ascii")
            self._openssl("req", *_NEW_KEY, "-keyout", identity.key, "-out", request, "-subj", f"/CN={name}")
            signer = ("-CA", self.certificate, "-CAkey", self._key, "-CAcreateserial", "-extfile", extensions)
            self._openssl("x509", "-req", "-in", request, "-out", identity.certificate, *signer)
            self._issued[name] = identity
        return self._issued[name]

    @staticmethod
    def _openssl(*arguments: object) -> None:
        subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=True)
