"""Source code and configuration as text: blocks between blank lines, under the definitions that they stand in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from indexers.load.build import Reading, TextBuilder, one_line
from indexers.load.limits import LoadLimits

LANGUAGES = {
    "python": ("py", "pyi", "pyx"), "javascript": ("js", "mjs", "cjs", "jsx"), "typescript": ("ts", "tsx", "mts"),
    "java": ("java",), "kotlin": ("kt", "kts"), "scala": ("scala",), "groovy": ("groovy", "gradle"),
    "c": ("c", "h"), "cpp": ("cpp", "cc", "cxx", "hpp", "hh", "hxx"), "csharp": ("cs",), "go": ("go",), "rust": ("rs",),
    "swift": ("swift",), "ruby": ("rb",), "php": ("php",), "perl": ("pl", "pm"), "lua": ("lua",), "r": ("r",),
    "julia": ("jl",), "dart": ("dart",), "haskell": ("hs",), "elixir": ("ex", "exs"), "erlang": ("erl",),
    "clojure": ("clj",), "fortran": ("f90", "f95"), "vb": ("vb", "bas"), "sql": ("sql",),
    "shell": ("sh", "bash", "zsh"), "powershell": ("ps1", "psm1"), "batch": ("bat", "cmd"),
    "css": ("css", "scss", "less"), "vue": ("vue",), "svelte": ("svelte",), "proto": ("proto",),
    "graphql": ("graphql", "gql"), "terraform": ("tf", "hcl"), "xslt": ("xsl", "xslt"), "tex": ("tex", "bib"),
    "yaml": ("yaml", "yml"), "toml": ("toml",), "ini": ("ini", "cfg", "conf", "properties"),
}  # fmt: skip
"""The endings of each language; all are read alike."""

_TAB = "    "
_MAX_LABEL_CHARS = 100
_DEFINITION = re.compile(
    r"(?:(?:export|default|public|private|protected|internal|static|final|abstract|async|sealed|partial|open|data|pub"
    r"|unsafe|virtual|override|inline|extern|const|create|or|replace)\s+){0,6}"
    r"(?:class|interface|struct|enum|trait|impl|module|namespace|record|object|protocol|extension|def|fn|func|fun"
    r"|function|sub|procedure|table|view|trigger|message|service|resource|defmodule)\s+[\w(\"'`\[@.]",
    re.IGNORECASE,
)
_SECTION = re.compile(r"\[{1,2}[^\[\]\n]{1,100}\]{1,2}\s*(?:[#;].*)?")
_KEY = re.compile(r"[\w.\"'-]{1,80}:\s*(?:[#&|>].{0,80})?")


def read_code(text: str, *, name: str, limits: LoadLimits) -> Reading:
    """Read one decoded file: its lines as they are, in blocks that end at blank lines and before definitions."""
    builder = TextBuilder(name, limits)
    for indent, lines in _blocks(text):
        builder.leave_headings(indent + 1)
        if label := _definition(lines[0].strip()):
            builder.enter_heading(label, level=indent + 1)
        builder.add("code", "\n".join(lines))
    return builder.reading()


def _blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """Lines that stand together, with the indentation of the first in characters."""
    block: list[str] = []
    for line in re.split(r"\r\n?|\n", text):
        stripped = line.strip()
        if block and (not stripped or _definition(stripped)):
            yield _indent(block[0]), block
            block = []
        if stripped:
            block.append(line)
    if block:
        yield _indent(block[0]), block


def _indent(line: str) -> int:
    spaced = line[:200].replace("\t", _TAB)
    return len(spaced) - len(spaced.lstrip())


def _definition(line: str) -> str:
    """What a line names for the lines below it: a class, function, section or key; "" for others."""
    if len(line) < 1000 and (_DEFINITION.match(line) or _SECTION.fullmatch(line) or _KEY.fullmatch(line)):
        return one_line(line).rstrip("{:( ")[:_MAX_LABEL_CHARS].strip()
    return ""
