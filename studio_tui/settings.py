"""Settings of the connection to Studio: from arguments, environment, then configuration files.

The files are those of the DataChain CLI, so a login with the CLI is sufficient.
"""

import math
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from pydantic import SecretStr

from studio_tui.addresses import Address, address, is_loopback
from studio_tui.arguments import DEFAULT_URL, Arguments
from studio_tui.errors import ConfigError, NoCredentials, TokenOriginChanged
from studio_tui.files import read_text, read_toml
from studio_tui.paths import datachain_config_files, expand_home
from studio_tui.proxies import NO_PROXIES, Proxies, proxies_from
from studio_tui.text import safe_line

TYPED = "form"
"""The source of a value that the user typed into a form."""

_CA_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
_REPAIR = "Correct it, or move it away and run `datachain auth login`."


@dataclass(frozen=True, slots=True)
class Sources:
    """Where these settings were found, as phrases for the user, such as `DATACHAIN_STUDIO_URL`."""

    url: str
    team: str
    token: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings for one Studio, team and token, from `load_settings`."""

    url: str
    """Origin and optional path, without `/api` and without a trailing slash."""
    team: str
    token: SecretStr
    ca_file: Path | None = None
    """PEM file of the only certificate authorities to trust; `None` for the default ones."""
    read_only: bool = False
    proxies: Proxies = NO_PROXIES
    labels_jobs: bool = True
    """Whether jobs created here get an environment variable that identifies them."""
    undo_seconds: float = 5.0
    """Seconds during which bulk commands can be undone; 0 sends them at once."""
    sources: Sources = Sources(url="given", team="given", token="given")  # noqa: S106 (a phrase)
    notes: tuple[str, ...] = ()
    """Remarks on these settings, each a sentence for the user."""

    @property
    def address(self) -> Address:
        """The parsed URL; the token is sent only to its origin."""
        return _address(self.url)

    @property
    def proxy(self) -> SecretStr | None:
        """URL of the proxy for Studio; `None` for no proxy."""
        return self.proxies.for_url(self.url)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that must not appear in a log or crash report: token, proxy and its password."""
        secrets = [self.token.get_secret_value()]
        if self.proxies.https is not None:
            proxy = self.proxies.https.get_secret_value()
            parts = address(proxy)
            password = (parts.password if parts else None) or ""
            secrets += [proxy, password, unquote(password)]
        return tuple(filter(None, secrets))


def load_settings(
    arguments: Arguments,
    environ: Mapping[str, str] = os.environ,
    cwd: Path | None = None,
    *,
    typed_token: str | None = None,
) -> Settings:
    """Load all settings, each from the first source that has it.

    `typed_token` is a token that the user typed into a form, with the URL and the team in
    `arguments`. Error messages about typed values do not say where these were found.

    Raises:
        NoCredentials: no token is set anywhere.
        TokenOriginChanged: a project's configuration redirects a token from another source.
        ConfigError: another setting is missing or invalid; the message says what to do.
    """
    files = _Files(environ, cwd)
    raw_url = _find("url", arguments.url, environ, files)
    token = _find_token(arguments, environ, files, typed_token)
    if typed_token is not None:
        raw_url = raw_url._replace(source=TYPED)
    url = _normalize_url(raw_url)
    if token is None:
        raise NoCredentials(
            "No Studio token is set. Run `datachain auth login`, set DATACHAIN_STUDIO_TOKEN, "
            "or use --token-file."
        )
    if raw_url.file is not None and raw_url.file == files.project:
        other_files = [file for file in files if file.path != files.project]
        trusted = _normalize_url(_find("url", None, environ, other_files))
        if token.file != files.project and _address(trusted).origin != _address(url).origin:
            raise TokenOriginChanged(
                f"{raw_url.source} would send your token, from {token.source}, to {url} instead "
                f"of {trusted}. If you trust it, use --url {url}",
                url=url,
                trusted_url=trusted,
            )
    team = _find("team", arguments.team, environ, files)
    if not team.text:
        raise ConfigError(
            "No team is set. Use --team, DATACHAIN_STUDIO_TEAM or `datachain auth team NAME`."
        )
    proxies = proxies_from(environ)
    proxies.for_url(url)  # reports an invalid proxy before anything is requested
    return Settings(
        url=url,
        team=_validate_team(team if typed_token is None else team._replace(source=TYPED)),
        token=SecretStr(_validate_token(token)),
        ca_file=_ca_file(arguments, environ),
        read_only=arguments.read_only,
        proxies=proxies,
        labels_jobs=_labels_jobs(environ),
        undo_seconds=_number(environ, "STUDIO_TUI_UNDO_SECONDS", 5.0, 0.0, 60.0),
        sources=Sources(url=raw_url.source, team=team.source, token=token.source),
        notes=tuple(_notes(token, raw_url)),
    )


def validate_team(name: str) -> str:
    """Return a team name that was typed into a form; raise `ConfigError` if it is invalid."""
    return _validate_team(_Value(name, TYPED))


def _working_directory() -> Path:
    try:
        return Path.cwd()
    except OSError as error:
        raise ConfigError(
            f"The current folder cannot be used: {error.strerror}. Change to another."
        ) from error


class _Value(NamedTuple):
    text: str
    source: str
    """As in `Sources`."""
    file: Path | None = None


class _File(NamedTuple):
    path: Path
    studio: Mapping[str, Any]


class _Files:
    """The configuration files, the first to be followed first.

    They are not read, and so may be damaged, while the arguments and variables have all values.
    """

    def __init__(self, environ: Mapping[str, str], cwd: Path | None) -> None:
        self._environ, self._cwd = environ, cwd

    @cached_property
    def _paths(self) -> list[Path]:
        return datachain_config_files(self._environ, self._cwd or _working_directory())

    @property
    def project(self) -> Path:
        """The configuration file of the project, which may not exist."""
        return self._paths[0]

    @cached_property
    def _existing(self) -> list[_File]:
        tables = [(path, _read_studio_table(path)) for path in dict.fromkeys(self._paths)]
        return [_File(path, table) for path, table in tables if table is not None]

    def __iter__(self) -> Iterator[_File]:
        return iter(self._existing)


def _read_studio_table(path: Path) -> Mapping[str, Any] | None:
    """Return the `[studio]` table of a file, which may be empty; `None` if there is no file."""
    try:
        table = read_toml(path).get("studio", {})
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}. {_REPAIR}") from error
    except ValueError as error:
        # For invalid TOML, the message of the error has the position.
        sentence = f"{path} is not valid TOML: {safe_line(str(error))}. {_REPAIR}"
        raise ConfigError(sentence) from None
    if not isinstance(table, Mapping):
        raise ConfigError(f"{path}: `studio` must be a table.")
    return table


def _find(
    name: str, argument: str | None, environ: Mapping[str, str], files: Iterable[_File]
) -> _Value:
    if argument is not None:
        return _Value(argument, f"--{name}")
    variable = f"DATACHAIN_STUDIO_{name.upper()}"
    if value := environ.get(variable):
        return _Value(value, variable)
    for file in files:
        if value := file.studio.get(name):
            if not isinstance(value, str):
                raise ConfigError(f"{file.path}: `{name}` under [studio] must be a string.")
            return _Value(value, str(file.path), file.path)
    return _Value(DEFAULT_URL if name == "url" else "", "default")


def _find_token(
    arguments: Arguments, environ: Mapping[str, str], files: Iterable[_File], typed: str | None
) -> _Value | None:
    if typed is not None:
        return _Value(typed, TYPED)
    if arguments.token_file is not None:
        path = expand_home(arguments.token_file, "The token file")
        try:
            return _Value(read_text(path).strip(), f"--token-file {path}", path)
        except OSError as error:
            raise ConfigError(f"The token file {path} cannot be read: {error.strerror}.") from error
        except UnicodeDecodeError:
            raise ConfigError(f"The token file {path} is not a text file.") from None
    value = _find("token", None, environ, files)
    return value if value.text else None


def _normalize_url(url: _Value) -> str:
    subject = _with_source("The URL", url)
    if not url.text.isprintable() or " " in url.text:
        raise ConfigError(f"{subject} has a blank or a control character in it.")
    parts = address(url.text)
    if parts is None:
        raise ConfigError(f"{subject} is not a URL.")
    if not parts.is_web:
        raise ConfigError(f"{subject} must look like https://studio.example.com.")
    if parts.has_user:
        raise ConfigError(f"{subject} must not contain a user name or password.")
    if parts.has_query_or_fragment:
        raise ConfigError(f"{subject} must not contain `?` or `#`.")
    if parts.scheme == "http" and not is_loopback(parts.host):
        raise ConfigError(
            f"{subject} would send your token unencrypted: use https. "
            "Plain http is only for this machine."
        )
    return parts.origin + _base_path(parts)


def _address(url: str) -> Address:
    parts = address(url)
    if parts is None:
        raise ConfigError(f"{safe_line(url)} is not a URL.")
    return parts


def _with_source(what: str, value: _Value) -> str:
    return what if value.source == TYPED else f"{what} from {value.source}"


def _base_path(parts: Address) -> str:
    """Return the path without a final `/api`, which users may have copied from the API document."""
    return parts.path.rstrip("/").removesuffix("/api").rstrip("/")


def _validate_team(team: _Value) -> str:
    if safe_line(team.text) != team.text or not team.text.strip():
        raise ConfigError(f"{_with_source('The team name', team)} is not a valid team name.")
    return team.text


def _validate_token(token: _Value) -> str:
    """An error message never includes the token."""
    if not token.text:
        raise ConfigError(f"{token.source if token.source != TYPED else 'The token'} is empty.")
    if not token.text.isascii() or not token.text.isprintable() or " " in token.text:
        subject = _with_source("The token", token)
        raise ConfigError(f"{subject} contains characters that are not allowed in a token.")
    return token.text


def _ca_file(arguments: Arguments, environ: Mapping[str, str]) -> Path | None:
    """Return the CA file: the argument, else that of the first of `_CA_VARIABLES` that is set."""
    if arguments.ca_file is not None:
        return _require_file(expand_home(arguments.ca_file, "The CA file"), "The CA file")
    for name in _CA_VARIABLES:
        if value := environ.get(name):
            return _require_file(Path(value), f"{name}: the CA file")
    return None


def _require_file(path: Path, what: str) -> Path:
    try:
        is_file = path.is_file()
    except OSError as error:
        raise ConfigError(f"{what} {path} cannot be read: {error.strerror}.") from error
    if not is_file:
        problem = "is not a file" if path.exists() else "does not exist"
        raise ConfigError(f"{what} {path} {problem}.")
    return path


def _labels_jobs(environ: Mapping[str, str]) -> bool:
    match environ.get("STUDIO_TUI_LABEL_JOBS", "").strip().lower():
        case "" | "yes" | "true" | "on" | "1":
            return True
        case "no" | "false" | "off" | "0":
            return False
        case _:
            raise ConfigError("STUDIO_TUI_LABEL_JOBS must be yes or no.")


def _number(
    environ: Mapping[str, str], name: str, default: float, minimum: float, maximum: float
) -> float:
    """Return a number from the environment variable `name`; `default` if it is not set."""
    text = environ.get(name, "").strip()
    try:
        number = float(text) if text else default
    except ValueError:
        number = math.nan
    if not minimum <= number <= maximum:
        raise ConfigError(
            f"{name} must be a number from {minimum:g} to {maximum:g}, not {safe_line(text)!r}."
        )
    return number


def _notes(token: _Value, url: _Value) -> Iterator[str]:
    if token.file is not None and stat.S_IMODE(token.file.stat().st_mode) & 0o077:
        yield f"{token.file} contains your token and is readable by others: chmod 600 {token.file}"
    if token.file is not None and url.source == "DATACHAIN_STUDIO_URL":
        yield f"The token in {token.file} is sent to the URL in DATACHAIN_STUDIO_URL."
