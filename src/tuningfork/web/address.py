"""Under which address the page is opened: this machine's own by default, another one only with TLS."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from tuningfork.errors import UsageError

__all__ = ["LOCAL", "Address", "local_address", "settled_address"]

LOCAL = ("127.0.0.1", "localhost")
_EVERYWHERE = ("0.0.0.0", "::", "*", "")  # noqa: S104 # nosec B104 # to be refused
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]+\]")


@dataclass(frozen=True)
class Address:
    """What a browser may call the page.

    ``origins`` maps each value of the Host header that is ours, in small letters, to the origin a browser
    then sends; the first is the one links are made with. ``secure``: all of them are https. ``proxied``:
    requests come from a proxy, which says in X-Forwarded-For for whom.
    """

    origins: dict[str, str]
    secure: bool = False
    proxied: bool = False

    @property
    def origin(self) -> str:
        """The origin that links begin with."""
        return next(iter(self.origins.values()))

    def origin_of(self, host: str) -> str | None:
        """The origin that belongs to a Host header; None for a host that is not ours."""
        return self.origins.get(host.lower())


def local_address(port: int) -> Address:
    """This machine's own address, without TLS."""
    return Address({f"{name}:{port}": f"http://{name}:{port}" for name in LOCAL})


def settled_address(
    host: str, port: int, *, tls: bool = False, behind_proxy: bool = False, address: str | None = None
) -> Address:
    """The address of a page, or a refusal: beyond this machine nothing goes without TLS.

    Parameters
    ----------
    host, port : str, int
        Where the server listens.
    tls : bool
        It speaks TLS itself.
    behind_proxy : bool
        A proxy speaks TLS for it.
    address : str, optional
        What people open, ``https://NAME`` or ``https://NAME:PORT``. Of a proxy it has to be said; with TLS of
        our own it is that of ``host`` when not given.

    Raises
    ------
    UsageError
        For a host beyond this machine without TLS or a proxy, and for what does not fit together.
    """
    if not tls and not behind_proxy:
        if host not in LOCAL:
            raise UsageError(
                f"'{host}' is beyond this machine, and there is no TLS",
                remedy="Give --tls-cert and --tls-key, or --behind-proxy, or use an SSH tunnel: ssh -L",
            )
        if address is not None:
            raise UsageError("--address belongs to --tls-cert and --tls-key, or to --behind-proxy")
        return local_address(port)
    if address is None and behind_proxy:
        raise UsageError("what do people open?", where="--behind-proxy", remedy="Add --address https://NAME")
    if address is None and host in _EVERYWHERE:
        raise UsageError(
            f"'{host}' is every address of this machine",
            where="--host",
            remedy="Say which one people open: --address https://NAME:PORT",
        )
    shown = f"[{host}]" if ":" in host else host
    return _read(address or f"https://{shown}:{port}", proxied=behind_proxy)


def _read(address: str, *, proxied: bool) -> Address:
    try:
        parts = urlsplit(address.strip().lower())
        name, port = parts.netloc.rpartition(":")[0] if parts.port else parts.netloc, parts.port or 443
    except ValueError:
        parts = None
    if (
        parts is None
        or not re.fullmatch(r"[!-~]+", address.strip())  # urlsplit drops line breaks without a word
        or parts.scheme != "https"
        or not _NAME.fullmatch(name)
        or parts.path not in ("", "/")
        or parts.query
        or parts.fragment
    ):
        raise UsageError(
            f"'{address}' is no address of a page", where="--address", remedy="Write https://NAME:PORT"
        )
    if port == 443:  # browsers leave it out, some programs do not
        return Address(dict.fromkeys((name, f"{name}:443"), f"https://{name}"), True, proxied)
    return Address({f"{name}:{port}": f"https://{name}:{port}"}, True, proxied)
