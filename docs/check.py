"""The docs checks of `make lint`: what the pages say of commands, flags, files and the REST service must be true.

python docs/check.py            check; a line `file:line: what is wrong` for each finding, exit code 1 with any
python docs/check.py --write    first write what is generated: the reference in docs/cli.md, docs/openapi.json
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from api.cli import app

ROOT = Path(__file__).resolve().parent.parent
CLI_PAGE = Path("docs/cli.md")
OPENAPI = Path("docs/openapi.json")
BEGIN, END = "<!-- reference: written by docs/check.py --write -->", "<!-- end of the reference -->"

_SKIPPED_FOLDERS = {"node_modules", "dist", "build", "handbook", "fixtures", "out", "__pycache__"}
_FENCE = re.compile(r"^\s*(```|~~~)\s*(\w*)")
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)|!\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)")
_SHELLS = {"console", "bash", "sh", "shell"}
_FORBIDDEN = {
    r"(?<![\w.:/~])/(?:home|Users|root|mnt|work|workspace)/[\w.]": "an absolute path of somebody's machine",
    r"[A-Za-z]:\\Users\\": "an absolute path of somebody's machine",
    r"\b(?:TODO|FIXME|XXX)\b": "an unfinished note",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something untrue on a page."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Command:
    """A command as typed: its words after `rag`, its flags, and what stands in the reference of it."""

    words: tuple[str, ...]
    help: str
    arguments: tuple[tuple[str, str], ...]
    options: tuple[tuple[tuple[str, ...], str, str], ...]

    @property
    def flags(self) -> set[str]:
        """Every spelling of every flag."""
        return {flag for names, _, _ in self.options for flag in names} | {"--help", "-h"}


def commands(command: TyperGroup | None = None, words: tuple[str, ...] = ()) -> Iterator[Command]:
    """Every command of the application, groups before what is in them."""
    group = command if command is not None else get_command(app)
    if not isinstance(group, TyperGroup):
        raise TypeError("the application is not a group of commands")
    yield _described(group, words)
    for name, inner in group.commands.items():
        if isinstance(inner, TyperGroup):
            yield from commands(inner, (*words, name))
        elif isinstance(inner, TyperCommand):
            yield _described(inner, (*words, name))


def _described(command: TyperGroup | TyperCommand, words: tuple[str, ...]) -> Command:
    arguments, options = [], []
    for parameter in command.params:
        if isinstance(parameter, TyperArgument):
            arguments.append((parameter.metavar or parameter.name.upper(), _line(parameter.help)))
        elif isinstance(parameter, TyperOption):
            names = tuple(sorted(parameter.opts, key=len, reverse=True))
            options.append((names, _value(parameter), _line(parameter.help)))
    return Command(words, _paragraphs(command.help or ""), tuple(arguments), tuple(options))


def _value(option: TyperOption) -> str:
    """How the flag's value is written in the reference; nothing for a switch."""
    if option.is_flag:
        return ""
    descriptor = option.type_descriptor
    if option.metavar:
        return option.metavar
    if descriptor.is_choice:
        return "|".join(str(getattr(choice, "value", choice)) for choice in descriptor.choices or ())
    return "N" if descriptor.is_ranged else (option.name or "value").upper()


def _line(text: str | None) -> str:
    return " ".join((text or "").split())


def _paragraphs(text: str) -> str:
    return "\n\n".join(_line(paragraph) for paragraph in text.split("\n\n"))


def reference() -> str:
    """The generated part of docs/cli.md: every command with its arguments and flags."""
    parts = []
    for command in commands():
        usage = " ".join(["rag", *command.words, *(name for name, _ in command.arguments)])
        lines = [f"### `{' '.join(['rag', *command.words])}`", "", command.help, "", "```text"]
        lines += [usage + (" [FLAGS]" if command.words else " COMMAND"), "```", ""]
        rows = [(f"`{name}`", told) for name, told in command.arguments]
        rows += [
            (", ".join(f"`{name}{' ' + value if value else ''}`" for name in names), told)
            for names, value, told in command.options
            if "--help" not in names
        ]
        if rows:
            lines += ["| | |", "|---|---|", *(f"| {_cell(name)} | {_cell(told)} |" for name, told in rows), ""]
        parts.append("\n".join(lines))
    return "\n".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def openapi_text() -> str:
    """The golden description of the REST service."""
    from api.rest import openapi

    return json.dumps(openapi(), indent=2, ensure_ascii=False) + "\n"


def with_reference(page: str) -> str:
    """The page with its generated part as it should be; raises ValueError where the page has no place for it."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{CLI_PAGE} lacks the marks of the generated reference")
    return f"{before}{BEGIN}\n\n{reference()}\n{END}{after}"


def check_generated(root: Path) -> Iterator[Finding]:
    """The reference and the golden file are what the code says now."""
    expected = {CLI_PAGE: with_reference((root / CLI_PAGE).read_text(encoding="utf-8")), OPENAPI: openapi_text()}
    for path, text in expected.items():
        found = (root / path).read_text(encoding="utf-8") if (root / path).is_file() else ""
        if found != text:
            line = next(
                (n for n, (a, b) in enumerate(zip(found.split("\n"), text.split("\n"), strict=False), 1) if a != b), 1
            )
            yield Finding(path, line, "is not what the code says; run `python docs/check.py --write` and read the diff")


def pages(root: Path) -> Iterator[Path]:
    """Every Markdown page of the repository, relative to it; not the sample documents, nor what tests read."""
    for path in sorted(root.rglob("*.md")):
        parts = path.relative_to(root).parts
        if not any(part.startswith(".") or part in _SKIPPED_FOLDERS for part in parts[:-1]):
            yield path.relative_to(root)


def check_page(root: Path, path: Path, known: Mapping[tuple[str, ...], Command]) -> Iterator[Finding]:
    """Links, commands and words of one page."""
    language: str | None = None
    for number, line in enumerate((root / path).read_text(encoding="utf-8").split("\n"), start=1):
        fence = _FENCE.match(line)
        if fence:
            language = None if language is not None else fence[2].lower()
        elif language is None:
            yield from (Finding(path, number, problem) for problem in _wrong_links(root, path, line))
        elif language in _SHELLS:
            yield from (Finding(path, number, problem) for problem in wrong_commands(line, known))
        for pattern, meaning in _FORBIDDEN.items():
            if re.search(pattern, line):
                yield Finding(path, number, f"{meaning} does not belong into the docs")


def _wrong_links(root: Path, path: Path, line: str) -> Iterator[str]:
    for match in _LINK.finditer(re.sub(r"`[^`]*`", "", line)):
        target = match[1] or match[2]
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (root / path).parent / name if name else root / path
        if not file.exists():
            yield f"the link {target} leads nowhere"
        elif anchor and file.suffix == ".md" and anchor not in _anchors(file):
            yield f"the link {target} names a heading that is not there"


def _anchors(file: Path) -> set[str]:
    """The headings of a page as GitHub names them in links."""
    headings = re.findall(r"^#+\s+(.*?)\s*$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def wrong_commands(line: str, known: Mapping[tuple[str, ...], Command]) -> Iterator[str]:
    """What is wrong with the `rag` commands of one line of a shell block; output that follows a prompt is passed by."""
    typed = re.sub(r"^\s*[$>]\s+", "", line)
    lexer = shlex.shlex(typed, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        words = list(lexer)
    except ValueError:
        return  # an open quote: no complete command stands on this line
    at_beginning, begin = True, 0
    for position, word in enumerate([*words, ";"]):
        if set(word) <= set("|&;()<>"):
            part = words[begin:position]
            while part and re.fullmatch(r"\w+=.*", part[0]):
                part = part[1:]
            if at_beginning and part and Path(part[0]).name == "rag":
                yield from _wrong_words(part[1:], known)
            at_beginning, begin = not set(word) & set("<>"), position + 1


def _wrong_words(words: list[str], known: Mapping[tuple[str, ...], Command]) -> Iterator[str]:
    named: tuple[str, ...] = ()
    for word in words:
        if (*named, word) not in known:
            break
        named = (*named, word)
    plain = [word for word in words[len(named) :] if not word.startswith("-")]
    is_group = any(other[:-1] == named for other in known if other)
    if is_group and plain and not words[len(named)].startswith("-"):
        yield f"there is no command `{' '.join(['rag', *named, plain[0]])}`"
        return
    for word in words[len(named) :]:
        flag = word.partition("=")[0]
        if re.fullmatch(r"--?[a-z][a-z-]*", flag) and flag not in known[named].flags:
            yield f"`{' '.join(['rag', *named])}` has no flag {flag}"


def findings(root: Path) -> list[Finding]:
    """Everything that is untrue, page by page."""
    known = {command.words: command for command in commands()}
    found = list(check_generated(root))
    for path in pages(root):
        found += check_page(root, path, known)
    return found


def main(arguments: list[str]) -> int:
    """Check, after writing what is generated where ``--write`` asks for it."""
    if arguments == ["--write"]:
        page = ROOT / CLI_PAGE
        page.write_text(with_reference(page.read_text(encoding="utf-8")), encoding="utf-8")
        (ROOT / OPENAPI).write_text(openapi_text(), encoding="utf-8")
    found = findings(ROOT)
    sys.stdout.write("".join(f"{finding}\n" for finding in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
