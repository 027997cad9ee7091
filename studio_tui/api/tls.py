"""Which certificate authorities are trusted."""

import ssl

from studio_tui.errors import ConfigError
from studio_tui.settings import Settings


def tls_context(settings: Settings, *, adds_to_default: bool = False) -> ssl.SSLContext:
    """Return a context that trusts the CA file of the settings, else the default authorities.

    With `adds_to_default`, both are trusted. Reading them takes 10 to 30 ms.

    Raises:
        ConfigError: The CA file, or that of certifi, has no certificates or is unreadable.
    """
    try:
        if settings.ca_file is not None and not adds_to_default:
            return ssl.create_default_context(cafile=str(settings.ca_file))
        import httpx  # noqa: PLC0415 (slow)

        context = httpx.create_ssl_context(trust_env=False)
        if settings.ca_file is not None:
            context.load_verify_locations(cafile=str(settings.ca_file))
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"No certificates can be read from the CA file {settings.ca_file or 'of certifi'}."
        ) from error
    return context
