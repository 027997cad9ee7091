"""Selection of the proxy for a URL from environment variables. Opens no connection."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from pydantic import SecretStr

from studio_tui.addresses import Address, address, is_loopback
from studio_tui.errors import ConfigError

_HOST_AND_PORT = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+)|[A-Za-z0-9._-]+)(?::[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxy for https, and the targets that are connected to without it."""

    https: SecretStr | None = None
    """As in HTTPS_PROXY; secret, as it may contain a password."""
    no_proxy: str = ""
    """The value of NO_PROXY, see `bypasses_proxy`."""

    def for_url(self, url: str) -> SecretStr | None:
        """Return the URL of the proxy for `url`; `None` for a direct connection.

        Raises:
            ConfigError: the proxy is invalid; the message does not contain it.
        """
        target = address(url)
        if target is None or target.scheme != "https" or is_loopback(target.host):
            return None
        if self.https is None or bypasses_proxy(target, self.no_proxy):
            return None
        return SecretStr(_validate(self.https.get_secret_value()))


NO_PROXIES = Proxies()


def proxies_from(environ: Mapping[str, str]) -> Proxies:
    # Lower-case names take precedence, as in `requests` and curl.
    proxy = environ.get("https_proxy") or environ.get("HTTPS_PROXY")
    no_proxy = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    return Proxies(SecretStr(proxy) if proxy else None, no_proxy)


def bypasses_proxy(target: Address, no_proxy: str) -> bool:
    """Whether `no_proxy`, the value of NO_PROXY, has an entry that matches a target.

    An entry is `*`, a name, a suffix of names, an IP address or a network, with an optional port.
    Whatever matches for `requests` matches here (requests.utils.should_bypass_proxies), and some
    more.
    """
    return any(_matches(entry, target) for entry in no_proxy.replace(" ", "").lower().split(","))


def _matches(entry: str, target: Address) -> bool:
    if not entry:
        return False
    name = entry.removesuffix(f":{target.effective_port}")
    bracketed = name[1:-1] if name.startswith("[") and name.endswith("]") else name
    if any(_is_within(target.host, network) for network in (entry, bracketed)):
        return True
    suffix = name.lstrip("*.").rstrip(".")
    return f".{target.host.rstrip('.')}".endswith(f".{suffix}" if suffix else "")


def _is_within(host: str, network: str) -> bool:
    """Whether `host` is an IP address within a network, which may be a single address."""
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _validate(proxy: str) -> str:
    """Return the URL of a proxy if httpx and websockets accept it; else raise `ConfigError`.

    Their own errors would contain the URL with its password.
    """
    wrong_form = ConfigError(
        "HTTPS_PROXY must look like http://proxy.example.com:3128, or with a login"
        " http://user:password@proxy.example.com:3128, where # is %23 and ? is %3F."
    )
    parts = address(proxy)
    if parts is None or not parts.is_web or parts.path not in {"", "/"} or {*"#?"} & {*proxy}:
        raise wrong_form
    host_and_port = _HOST_AND_PORT.fullmatch(parts.netloc.rpartition("@")[2])
    if host_and_port is None or (parts.has_user and parts.password is None):
        raise wrong_form
    try:
        if ip := host_and_port[1] or host_and_port[2]:
            ipaddress.ip_address(ip)
        unquote(parts.netloc, errors="strict")
    except ValueError:
        raise wrong_form from None
    return proxy
