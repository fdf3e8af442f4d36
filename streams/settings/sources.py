"""Where values come from: environment variables, files of secrets, one TOML file."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from streams.settings.fields import PREFIX, env_name, is_secret
from streams.settings.model import SETTINGS
from streams.settings.problems import Problem, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIG: Final = PREFIX + "CONFIG"
DEBUG: Final = PREFIX + "DEBUG"
FILE: Final = "_FILE"
SECRETS: Final = frozenset(field.name for field in SETTINGS if is_secret(field))
NAMES: Final = frozenset(field.name for field in SETTINGS) | {name + FILE.lower() for name in SECRETS}
VARIABLES: Final = frozenset(env_name(name) for name in NAMES) | {CONFIG, DEBUG}
# Kubernetes puts such variables into every pod for each Service of the namespace, ours too if it is called prewarn.
_SERVICE_LINK: Final = re.compile(
    PREFIX + r"(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)"
)
_SERVICE_URL: Final = re.compile(r"(tcp|udp|sctp)://")
_MAX_SECRET: Final = 65_536


class Given(NamedTuple):
    """A value somebody gave, and where."""

    place: str
    raw: object


class Source:
    """The values one source gives.

    Attributes:
        given: What it says, by name of the setting.
        failed: Names of settings it speaks of without a value that could be got.
        problems: What is wrong with the source itself.
    """

    def __init__(self) -> None:
        self.given: dict[str, Given] = {}
        self.failed: set[str] = set()
        self.problems: list[Problem] = []

    def add(self, name: str, raw: object, place: str, shown: str) -> None:
        """Take a value. A secret's `…_FILE` is replaced by what the file says; naming both is a problem."""
        if name not in SECRETS and name.upper().endswith(FILE) and name[: -len(FILE)] in SECRETS:
            name = name[: -len(FILE)]
            try:
                raw = read_secret(raw)
            except ValueError as error:
                self.problems.append(Problem(place, f"{shown}{error}"))
                self.failed.add(name)
                return
        if name in self.given:
            self.problems.append(Problem(place, f"{shown}{name} is given as text and as a file; give one of them"))
            return
        self.given[name] = Given(place, raw)


def read_secret(raw: object) -> str:
    """Return the text of the file `raw` names, without the newline that editors put at its end."""
    if not isinstance(raw, str):
        raise ValueError("must be the name of a file")  # noqa: TRY004 (one exception type for every unusable value)
    try:
        with Path(raw).open("rb") as file:
            content = file.read(_MAX_SECRET + 1)
        if len(content) > _MAX_SECRET:
            raise ValueError(f"{raw} is larger than a secret can be ({_MAX_SECRET} bytes)")
        return content.decode().removesuffix("\n").removesuffix("\r")
    except OSError as error:
        raise ValueError(f"cannot read {raw}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{raw} is not text (UTF-8)") from None


def from_environment(environ: Mapping[str, str]) -> Source:
    """Read `PREWARN_…` variables. An empty one counts as not set; an unknown one is a problem."""
    source = Source()
    for variable in sorted(key for key in environ if key.startswith(PREFIX)):
        raw = environ[variable]
        known = variable in VARIABLES
        if _SERVICE_LINK.fullmatch(variable) and (not known or _SERVICE_URL.match(raw)):
            continue
        if not known:
            hint = did_you_mean(variable, VARIABLES, shared=PREFIX)
            source.problems.append(Problem(variable, f"no such setting{hint}"))
        elif raw and variable not in (CONFIG, DEBUG):
            source.add(variable.removeprefix(PREFIX).lower(), raw, variable, "")
    return source


def from_toml(path: Path) -> Source:
    """Read a TOML file whose keys are the settings' names. Empty text counts as not set."""
    source = Source()
    try:
        content = path.read_bytes().decode()
        document: dict[str, Any] = tomllib.loads(content)
    except OSError as error:
        source.problems.append(Problem(str(path), f"cannot read it: {error.strerror}"))
        return source
    except UnicodeDecodeError:
        source.problems.append(Problem(str(path), "is not text (UTF-8)"))
        return source
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        reason = re.sub(r" \(at [^)]*\)", "", str(error))
        source.problems.append(Problem(f"{path}:{line.group(1)}" if line else str(path), f"not TOML: {reason}"))
        return source
    for key, raw in document.items():
        place = f"{path}:{line_of(key, content)}"
        if key not in NAMES:
            source.problems.append(Problem(place, f"{key}: no such setting{did_you_mean(key, NAMES)}"))
        elif raw != "":
            source.add(key, raw, place, f"{key}: ")
    return source


def line_of(key: str, content: str) -> int:
    """Return the line (from 1) where a top-level key or table stands; tomllib does not keep places."""
    start = re.compile(rf"""\s*(\[\s*)?["']?{re.escape(key)}["']?\s*[=.\]]""")
    return next((number for number, line in enumerate(content.splitlines(), 1) if start.match(line)), 1)
