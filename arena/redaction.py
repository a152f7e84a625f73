"""Remove passwords from URLs before they are shown, logged or stored."""

from __future__ import annotations

import re
from urllib.parse import quote, quote_plus, unquote, unquote_plus

HIDDEN, HIDDEN_OPTION = "***", "hidden"
_PASSWORD = r"\w*(?:password|passwd|passphrase|pwd)"
_SECRET = r"[\w.-]*(?:pass|pwd|secret|token|credential|key)[\w.-]*"  # only as an option of a URL
# Of a URL: what stands between // and the last @, since a password may hold an unquoted @, : or /.
_LOGIN = re.compile(r"(?P<scheme>\b[a-zA-Z][\w+.-]*://)(?!/)(?P<login>[^\s'\"<>]*)@")
# It holds a whole connection string; up to the URL's next option.
_ODBC = re.compile(r"(?P<key>\bodbc_connect=)(?P<value>[^&\n]+)", re.IGNORECASE)
_OPTION = re.compile(
    rf"(?P<key>(?:(?<=[?&;]){_SECRET}|\b{_PASSWORD})\s*(?:=|%3D)\s*)"
    r"(?P<value>\{[^}]*\}|'[^']*'|\"[^\"]*\"|[^&;\s'\"]+)",
    re.IGNORECASE,
)
_SHORTEST = 3  # shortest secret (in characters) that is also hidden outside the URL


def redact(text: str) -> str:
    """Return the text with no password in it: neither before the @ of a URL nor as the value of an
    option whose name says so (`password`, `pwd`, `token`, `odbc_connect`, ...)."""
    return _LOGIN.sub(_without_login, _without_options(text))


def public_url(url: str) -> str:
    """Return a URL, such as a storage's, without its passwords."""
    scheme, found, rest = _without_options(url).partition("://")
    login, at, place = rest.rpartition("@")
    user, colon, _ = login.partition(":")
    if found and at and colon and not rest.startswith("/"):
        return f"{scheme}://{user}:{HIDDEN}@{redact(place)}"
    return redact(url)


def redact_url(text: str, url: str) -> str:
    """Return a text, such as an error message, without the passwords of this URL, whatever their
    quoting."""
    text = text.replace(url, public_url(url))
    for secret in sorted(_secrets(url), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return redact(text)


def _without_options(text: str) -> str:
    text = _ODBC.sub(rf"\g<key>{HIDDEN_OPTION}", text)
    return _OPTION.sub(rf"\g<key>{HIDDEN_OPTION}", text)


def _without_login(found: re.Match[str]) -> str:
    scheme, (user, colon, _) = found["scheme"], found["login"].partition(":")
    if colon:
        return f"{scheme}{user}:{HIDDEN}@"
    # on the web, what stands alone may be a token; of a database it is the user's name
    return f"{scheme}{HIDDEN}@" if scheme.lower().startswith("http") else found[0]


def _secrets(url: str) -> set[str]:
    options = [m["value"] for m in (*_ODBC.finditer(url), *_OPTION.finditer(url))]
    inside = [m["value"] for each in options for m in _OPTION.finditer(unquote_plus(each))]
    raw = {_password(url), *options, *inside, *(each.strip("{}'\"") for each in inside)}
    plain = raw | {unquote(each) for each in raw} | {unquote_plus(each) for each in raw}
    spellings = plain | {quote(each, safe="") for each in plain} | set(map(quote_plus, plain))
    return {each for each in spellings if len(each) >= _SHORTEST}


def _password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    login = rest.rpartition("@")[0]
    if rest.startswith("/"):
        return ""
    _, colon, password = login.partition(":")
    return password if colon or not scheme.startswith("http") else login
