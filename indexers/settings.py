"""The settings of reading, splitting, embedding and storing; rag.settings joins them with the later rooms'."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class SettingsGroup(BaseModel):
    """A frozen group of settings in which an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class EmbedderSettings(SettingsGroup):
    """[embedder]: which model turns text into vectors; fixed for the life of an index."""

    model: str = Field(
        "minilm",
        min_length=1,
        description="minilm (bundled), hashing (no weights), a sentence-transformers folder or name, or an endpoint's",
    )
    base_url: str | None = Field(None, description="an OpenAI-compatible endpoint (…/v1); texts are sent there")
    allow_private_base_url: bool = Field(False, description="permit endpoints at private and link-local addresses")
    dimension: int | None = Field(None, ge=1, le=65_536, description="of the endpoint's vectors; required there")
    shorten: bool = Field(False, description="ask the endpoint to shorten its vectors to embedder.dimension")
    max_tokens: int | None = Field(None, ge=32, le=131_072, description="tokens that the model reads; unset: its own")
    query_prefix: str | None = Field(None, description="stands before a question; unset: what the model's folder says")
    passage_prefix: str | None = Field(None, description="stands before a chunk; unset: what the model's folder says")
    batch_size: int = Field(64, ge=1, le=2048, description="most texts of a request to an endpoint")
    allow_download: bool = Field(False, description="fetch a model that is named and not yet on this machine")


class SplitSettings(SettingsGroup):
    """[split]: how long a chunk may be; fixed for the life of an index."""

    max_tokens: int = Field(256, ge=32, le=8192, description="the embedder's tokens a chunk, context included")


class LoaderSettings(SettingsGroup):
    """[loader]: what a file may cost before it is refused."""

    max_file_bytes: int = Field(200 * 2**20, ge=1, description="bytes of one file")
    max_text_chars: int = Field(50_000_000, ge=1, description="characters of one file's text")
    max_pages: int = Field(20_000, ge=1, description="pages of one PDF")
    zip_entries: int = Field(10_000, ge=1, description="entries of one Office file or book")
    zip_bytes: int = Field(500_000_000, ge=1, description="bytes of one Office file or book, unpacked")
    zip_ratio: int = Field(200, ge=1, description="unpacked over packed bytes of one Office file or book")
    xml_elements: int = Field(10_000_000, ge=1, description="XML elements of one Office file or book, held in memory")
    max_parts: int = Field(10_000, ge=0, description="files inside one file: attachments, messages of a mailbox")
    max_nesting: int = Field(8, ge=0, description="how deep files may lie inside files")


class OcrSettings(SettingsGroup):
    """[ocr]: how pictures of text and scanned pages are read, by the tesseract program."""

    enabled: bool = Field(True, description="whether scans and pictures are read; else each is listed as a failure")
    language: str = Field(
        "eng", pattern=r"^\w+(\+\w+)*$", description="what tesseract reads: eng, or eng+deu for two languages"
    )
    pages: int = Field(500, ge=0, description="scanned pages of one file")
    page_seconds: float = Field(60.0, gt=0, le=3600, description="seconds a scanned page")
    image_pixels: int = Field(100_000_000, ge=1, description="width times height of one picture")


class SyncSettings(SettingsGroup):
    """[sync]: what a folder is kept in step by."""

    ignore: tuple[str, ...] = Field((), description="patterns that no root's files are indexed by, as in .ragignore")
    watch_settle_ms: int = Field(500, ge=50, le=600_000, description="--watch: quiet time after which a change counts")
    watch_full_seconds: int = Field(300, ge=1, le=86_400, description="--watch: a whole look at least this often")


class ParserSettings(SettingsGroup):
    """[parser]: the processes that files are read in, and what reading one file may cost."""

    workers: int = Field(2, ge=0, le=64, description="files read at the same time; 0: in this process, unprotected")
    seconds: int = Field(900, ge=1, le=86_400, description="for one file, by the clock, OCR included")
    processor_seconds: int = Field(300, ge=1, le=86_400, description="of the processor for one file, OCR apart")
    memory_bytes: int = Field(2**31, ge=2**26, description="memory of the process that reads one file")
    output_bytes: int = Field(2**29, ge=2**10, description="text and structure of one file, as they are passed on")


class StoreSettings(SettingsGroup):
    """[store]: what the index keeps, and when rows are sealed into a FAISS segment."""

    keep_versions: int = Field(5, ge=1, le=1000, description="versions of a document whose text is kept")
    seal_rows: int = Field(2000, ge=1, description="unsealed rows that are worth a segment of their own")
