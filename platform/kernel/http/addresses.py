"""Determine the client's address and credential, as far as they can be trusted."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """Return the caller's IP address. Trusts the last TRUSTED_PROXIES (default 0) entries of `X-Forwarded-For`.

    None if there is no address, for example behind a Unix socket.
    """
    proxies: int = getattr(settings, "TRUSTED_PROXIES", 0)
    if proxies:
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
        if len(hops) >= proxies:
            return _valid(hops[-proxies])
    return _valid(request.META.get("REMOTE_ADDR", ""))


def _valid(text: str) -> str | None:
    try:
        return str(ip_address(text))
    except ValueError:
        return None


def credential_of(request: HttpRequest) -> str:
    """Return the caller's API key, else the session, else the address. Secret: digest it before use."""
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":  # another scheme opens nothing, so it must not pass for somebody else either
        return f"bearer:{token.strip()}"
    if session := request.COOKIES.get(settings.SESSION_COOKIE_NAME):
        return f"session:{session}"
    return f"address:{client_address(request)}"
