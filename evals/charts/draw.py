"""A Vega-Lite chart as one SVG element to be set into a page: no network, no script, no fonts of this machine."""

from __future__ import annotations

import hashlib
import html
import re
from typing import TYPE_CHECKING, Any

from evals.errors import EvalError
from indexers.visible import visible

if TYPE_CHECKING:
    import altair as alt

SERIES_COLOURS = tuple(f"var(--series-{number})" for number in range(1, 7))
"""The page's style sheet says what they are, once for light and once for dark."""

LARGEST_SVG_CHARS = 4_000_000
_FONT = "Liberation Sans"  # comes with the renderer: the layout does not depend on what is installed
_SIZE = re.compile(r'<svg [^>]*?width="([\d.]+)" height="([\d.]+)" viewBox="[^"]*">')
_MARK = re.compile(r'<(path|rect|text|line)( aria-label="([^"]*)"[^>]*)/>')
_ID = re.compile(r'(id="|url\(#|xlink:href="#)([A-Za-z]+\d+)')


class ChartTooLarge(EvalError):
    """A chart of more marks than a page can hold."""

    hint = "Report fewer runs or cases at a time."


def draw(chart: alt.LayerChart | alt.FacetChart, *, title: str, description: str) -> str:
    """The chart as an ``<svg>`` element, with a text alternative and a tooltip on every mark that has a description.

    Args:
        chart: Its data must be inline.
        title: The name of the picture, read aloud first.
        description: What it shows, in a sentence: the text alternative.

    Returns:
        SVG whose ids are its own, so that several may stand in one page. Equal charts give equal bytes.

    Raises:
        ChartTooLarge: It came to more than 4 million characters.
    """
    import vl_convert  # a renderer with a script engine of its own: 30 MB that only a report needs

    spec = _harmless({**chart.to_dict(validate=False), "config": _config()})
    svg = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    if len(svg) > LARGEST_SVG_CHARS:
        raise ChartTooLarge(f"the chart {title!r} came to {len(svg):,} characters")
    return _for_a_page(svg, visible(title), visible(description))


def _harmless(value: Any) -> Any:  # noqa: ANN401  JSON of any shape
    """The renderer dies of a NUL in a name, and the whole program with it."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {name: _harmless(one) for name, one in value.items()}
    return [_harmless(one) for one in value] if isinstance(value, list) else value


def _for_a_page(svg: str, title: str, description: str) -> str:
    size = _SIZE.match(svg)
    assert size is not None, svg[:200]  # noqa: S101  the renderer's own format, which a test pins
    name = "c" + hashlib.sha256((title + svg).encode()).hexdigest()[:8]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" aria-labelledby="{name}-t {name}-d" '
        f'width="{size[1]}" height="{size[2]}" viewBox="0 0 {size[1]} {size[2]}">'
        f'<title id="{name}-t">{html.escape(title)}</title><desc id="{name}-d">{html.escape(description)}</desc>'
    )
    body = _ID.sub(rf"\1{name}-\2", svg[size.end() :])
    return head + _MARK.sub(r"<\1\2><title>\3</title></\1>", body)


def _config() -> dict[str, Any]:
    """Colours are names that the page's style sheet resolves; black on white nowhere."""
    quiet = {"domainColor": "var(--line)", "tickColor": "var(--line)", "gridColor": "var(--line)"}
    words = {"labelColor": "var(--quiet)", "titleColor": "var(--text)", "labelFontSize": 12, "titleFontSize": 12}
    return {
        "background": None,
        "font": _FONT,
        "padding": 4,
        "view": {"stroke": None},
        "axis": {
            **quiet,
            **words,
            "titleFontWeight": "normal",
            "labelLimit": 260,
            "labelFlush": False,
            "gridOpacity": 0.6,
        },
        "legend": {**words, "orient": "top", "title": None, "labelLimit": 300, "symbolStrokeWidth": 2},
        "range": {"category": list(SERIES_COLOURS)},
        "text": {"fill": "var(--text)", "fontSize": 12},
        "rule": {"stroke": "var(--quiet)"},
        "point": {"size": 60, "filled": True, "opacity": 1},
        "line": {"strokeWidth": 2},
    }
