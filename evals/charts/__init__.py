"""Charts as SVG text: the same bytes for the same figures, in the colours of the page that shows them, scriptless."""
