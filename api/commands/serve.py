"""`rag serve`: the REST service on this machine."""

from __future__ import annotations

import ipaddress
import os
import socket
from typing import Annotated

import typer

from api.errors import HostRefused, PortUnavailable
from api.options import ConfigOption, IndexOption, open_with, settings_for
from api.terminal import tell


def serve(
    *,
    index: IndexOption = None,
    host: Annotated[str, typer.Option(help="Loopback address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one")] = 8000,
    groups: Annotated[
        list[str] | None,
        typer.Option("--as", metavar="GROUP", help="Show only what this group may see; may be repeated [else all]"),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Serve the index over HTTP, to this machine only; Ctrl-C stops."""
    if not is_loopback(host):
        raise HostRefused(host)
    configured = settings_for(index, config)
    with open_with(configured) as rag:
        rag.check()
        import uvicorn

        from api.rest import create_app

        with listen(host, port) as listening:
            settings = uvicorn.Config(
                create_app(rag, search_limit=configured.retrieval.limit, groups=groups),
                log_level="warning",
                access_log=False,  # what is asked of private documents belongs in no log
                server_header=False,
                limit_concurrency=64,
                timeout_graceful_shutdown=10,
            )
            shown = f"[{host}]" if ":" in host else host
            tell(f"Serving on http://{shown}:{listening.getsockname()[1]} (see /openapi.json); Ctrl-C stops")
            try:
                uvicorn.Server(settings).run(sockets=[listening])
            except KeyboardInterrupt:  # uvicorn passes it on once the requests under way are answered
                tell("\nrag: stopped serving")


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches ``host``; a name other than localhost may point anywhere tomorrow."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, made here so that a port in use is our error and not a line in uvicorn's log."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise PortUnavailable(host, port, os.strerror(error.errno) if error.errno else str(error)) from error
