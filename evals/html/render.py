"""Templates into one file: every value is escaped, what would steer a screen is written out, nothing is fetched.

Documents, questions and answers are strangers' texts. Three things hold them: escaping of every value (no template may
turn it off for them), `indexers.visible` for controls and bidirectional marks, and a content security policy in which
only this page's own style and script, known by their hashes, have any effect.
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING

from indexers.visible import visible

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


def render(name: str, page: object) -> str:
    """A page of ``evals/html/templates``: the template, the style and the script of that name.

    Args:
        name: Of the files, without ending.
        page: Its texts are escaped; only ``Figure.svg``, our own drawing, is set in as it is.
    """
    style, script = _asset("style.css"), _asset(f"{name}.js")
    template = _environment().get_template(f"{name}.html.j2")
    text: str = template.render(page=page, style=style, script=script, policy=policy(name))
    return text


def policy(name: str) -> str:
    """The content security policy of a page: its own style and script, requests to where it came from, nothing else."""
    style, script = (_hash(_asset(asset)) for asset in ("style.css", f"{name}.js"))
    own = f"style-src 'sha256-{style}'; script-src 'sha256-{script}'; connect-src 'self'"
    return f"default-src 'none'; {own}; base-uri 'none'; form-action 'none'"


def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("evals.html"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["coded"] = _coded
    return environment


def _coded(text: str) -> Markup:
    """Our own advice, in which a command stands between backticks."""
    from markupsafe import Markup, escape

    parts = [escape(visible(part)) for part in text.split("`")]
    return Markup("").join(Markup("<code>{}</code>").format(part) if at % 2 else part for at, part in enumerate(parts))


def _harmless(value: object) -> object:
    return visible(value) if type(value) is str else value  # markup, which is ours, is another type


def _asset(name: str) -> str:
    return (files("evals.html") / "templates" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
