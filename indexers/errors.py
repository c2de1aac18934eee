"""The root of the error tree, and the errors of reading, embedding and storing.

RagError                      anything that Plumbline refuses, with a hint that says what to do
├── SettingsError             a setting, key or flag is unknown or out of range
├── LoadError                 one file cannot be read; the run goes on without it
│   ├── UnsupportedFile       no loader reads this kind of file
│   ├── EncryptedFile         the file asks for a password
│   ├── DamagedFile           the file says it is one kind, but cannot be parsed as it
│   ├── EmptyFile             the file holds no text
│   ├── OcrUnavailable        the file is a picture of text, and nothing here can read it
│   ├── UnreadableFile        the file cannot be opened (see indexers.scan)
│   ├── SkippedFile           the file is a link, a device or a socket (see indexers.scan)
│   ├── LimitExceeded         the file is larger or deeper than the limits allow
│   └── ParserFailed          what reads the file crashes on it
├── ParserUnavailable         no process can be started to read files in
├── PathNotFound              a path given to the sync does not exist (see indexers.roots)
├── EmbedError                the embedder is missing, damaged, or returned no usable vector
│   ├── EndpointUnusable      the embedding endpoint cannot be reached, refuses, or answers something else
│   └── TextTooLong           a passage has more tokens than the embedder reads; it is never cut silently
├── StoreError                the index cannot be opened, read or written
│   ├── NotAnIndex            the folder holds no catalogue
│   ├── FolderNotEmpty        an index cannot be made among other files (see indexers.store)
│   ├── StoreBusy             another process is writing
│   ├── StoreDamaged          a stored row or file does not carry its own checksum
│   │   └── ChangesLost       the catalogue is older than what was acknowledged (see indexers.store.acknowledged)
│   ├── SchemaMismatch        the catalogue was written by another version of Plumbline
│   ├── LateUnusable          the codes of late interaction cannot be read or written
│   ├── EmbedderMismatch      the index holds another model's vectors
│   └── DocumentNotFound      no document or version of that name
│       └── CellNotFound      the document is there, but nothing stands in that cell of it
└── HttpError                 a request to a model's endpoint failed (see indexers.http_errors)

Each later room adds its own subclasses in its own `errors.py`. Constructors take facts; `hint` says what to do;
`api.problems` has the one table from error to exit code and HTTP status.
"""

from __future__ import annotations


class RagError(Exception):
    """Anything that Plumbline refuses: one line for a person, and a hint."""

    hint: str = "Run `rag --help` for the commands and their flags."


class SettingsError(RagError):
    """A setting, key or flag is unknown, malformed or out of range."""

    hint = "Correct the setting in rag.toml, the environment or the flag; `rag init` writes a commented rag.toml."


class LoadError(RagError):
    """One file cannot be read; it is listed in the report and the run goes on."""

    hint = "Open the file in its own program, save it again, and index once more."


class UnsupportedFile(LoadError):
    """No loader reads this kind of file, or its content is not what its name says."""

    hint = "Give it the ending of what it is, convert it to PDF, DOCX, HTML, Markdown or text, or leave it out."


class EncryptedFile(LoadError):
    """The file asks for a password."""

    hint = "Save a copy without a password and index that."


class DamagedFile(LoadError):
    """The file is truncated or malformed."""

    hint = "Open the file in its own program; if it opens, save it again; if not, restore it from a backup."


class EmptyFile(LoadError):
    """The file holds no text (zero bytes, blanks only, or pictures of text without OCR)."""

    hint = "An empty file can be left out; a picture whose text is not found may need another ocr.language."


class OcrUnavailable(LoadError):
    """The file is a picture of text, and OCR is switched off or not installed."""

    hint = (
        "Install tesseract (`apt install tesseract-ocr tesseract-ocr-eng`, or `brew install tesseract`; other "
        "languages are packages such as tesseract-ocr-deu), and leave ocr.enabled on."
    )


class LimitExceeded(LoadError):
    """The file is larger, deeper or more numerous inside than the limits allow."""

    hint = "Split the file into smaller ones, or raise the limit that the message names in rag.toml."


class ParserFailed(LoadError):
    """What reads the file crashes on it; the file is damaged or hostile, or the loader has a defect."""

    hint = (
        "Leave the file out, or open it in its own program and save it again; if it is a good file, please report it."
    )


class ParserUnavailable(RagError):
    """No process can be started to read files in."""

    hint = "Install the project again; the message says what the process died of."


class EmbedError(RagError):
    """The embedder is missing, its weights are not the expected ones, or a vector is not usable."""

    hint = "Fetch the model again, or name another one in embedder.model; `make setup` brings the bundled one back."


class EndpointUnusable(EmbedError):
    """The embedding endpoint cannot be reached, refuses the request, or answers with something else."""

    hint = "Check that the endpoint runs, that embedder.base_url names it (…/v1), and its key, then run again."


class TextTooLong(EmbedError):
    """A passage has more tokens than the embedder reads; it is never cut silently."""

    hint = "Lower split.max_tokens, or report the document: the splitter should not make such a chunk."

    def __init__(self, *, name: str, tokens: int, most: int) -> None:
        super().__init__(f"a text of {tokens} tokens was to be embedded, {name} reads at most {most}")


class StoreError(RagError):
    """The index cannot be opened, read or written."""

    hint = "Check that the index folder exists, is readable and has space, then run the command again."


class NotAnIndex(StoreError):
    """The folder holds no catalogue."""

    hint = "Name the index with --index, or make one with `rag index FOLDER`."

    def __init__(self, *, path: str) -> None:
        super().__init__(f"{path} is not an index: it holds no catalogue.sqlite3")


class StoreBusy(StoreError):
    """Another process is writing to this index."""

    hint = "Wait until the other `rag index` or `rag rm` has ended, then run the command again."

    def __init__(self, *, path: str) -> None:
        super().__init__(f"{path} is being written by another process")


class StoreDamaged(StoreError):
    """A stored row or file does not match its own checksum."""

    hint = (
        "`rag doctor --deep` says what is damaged and which command mends it; or take the damaged document out with "
        "`rag rm DOCUMENT` and run `rag index` again."
    )


class LateUnusable(StoreError):
    """A file of the codes of late interaction is missing or damaged, or none can be written.

    Nothing is lost: they are computed again from the catalogue's texts.
    """

    hint = "Run `rag index` to compute them again; searches go on without them meanwhile."

    def __init__(self, *, path: str, reason: str) -> None:
        super().__init__(f"the codes of late interaction at {path} cannot be used: {reason}")


class SchemaMismatch(StoreError):
    """The catalogue was written by another version of Plumbline."""

    hint = (
        "Use the version of Plumbline that wrote the index, or a later one; or index the documents into a new folder."
    )

    def __init__(self, *, path: str, found: int, expected: int) -> None:
        self.found = found
        super().__init__(f"{path} has catalogue schema {found}, this version reads schema {expected}")


class EmbedderMismatch(StoreError):
    """The index was embedded with another model than the one now configured."""

    hint = "Set embedder.model to the index's model, or go over to the other one with `rag rebuild --embed`."

    def __init__(self, *, index_model: str, configured_model: str) -> None:
        super().__init__(f"index holds {index_model!r} vectors, settings name {configured_model!r}")


class DocumentNotFound(StoreError):
    """No document, or no such version of it, is in the index."""

    hint = "`rag status --documents` lists the documents; a document is named by its URI, its file name or its id."

    def __init__(self, *, name: str, version: str | None = None) -> None:
        wanted = f"{name!r} at version {version!r}" if version else f"{name!r}"
        super().__init__(f"no document {wanted} in the index")


class CellNotFound(DocumentNotFound):
    """The document is there, but it has no such cell, or nothing stands in it."""

    hint = (
        "Name a cell as DOCUMENT!SHEET!B7, or DOCUMENT!B7 where the file is one table; `rag show DOCUMENT` says more."
    )

    def __init__(self, *, uri: str, address: str, sheets: tuple[str, ...]) -> None:
        if sheets == ("",):
            known = "it is one table"
        else:
            known = f"its sheets: {', '.join(map(repr, sheets))}" if sheets else "it has no addressed cells"
        StoreError.__init__(self, f"{uri} has nothing in a cell {address!r}; {known}")
