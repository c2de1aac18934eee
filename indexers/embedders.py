"""From settings to an embedder."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from indexers.errors import SettingsError
from indexers.hashing import HashingEmbedder
from indexers.minilm import MiniLM

if TYPE_CHECKING:
    from collections.abc import Mapping

    from indexers.embed import Embedder
    from indexers.settings import EmbedderSettings

ENDPOINT_KEY = "EMBEDDER_API_KEY"
OPENAI_KEY = "OPENAI_API_KEY"
OPENAI_HOST = "api.openai.com"
ENDPOINT_TOKENS = 512
"""What an endpoint is taken to read where ``embedder.max_tokens`` does not say: the least that is usual."""

FETCHED = ["*.json", "*.safetensors", "*.txt", "*.model"]
"""What is fetched of a model: no weights of formats that may run code."""

_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")


def open_embedder(settings: EmbedderSettings, environment: Mapping[str, str] | None = None) -> Embedder:
    """The embedder that ``settings`` name; loads nothing and sends nothing yet.

    Args:
        settings: The embedder group.
        environment: Holds the endpoint's key: ``EMBEDDER_API_KEY`` (or ``EMBEDDER_API_KEY_FILE``), for OpenAI's own
            endpoint else ``OPENAI_API_KEY``; None is the process's.

    Raises:
        SettingsError: There is no embedder of that name, or the endpoint is not fully described.
        EmbedError: The bundled model's package is missing.
    """
    if settings.base_url is not None:
        return _endpoint(settings, settings.base_url, environment)
    for name in ("dimension", "shorten"):
        if getattr(settings, name):
            raise SettingsError(f"embedder.{name} is for endpoints, and embedder.base_url is not set")
    if settings.model in ("minilm", "hashing"):
        _refuse_prefixes(settings)
        return MiniLM() if settings.model == "minilm" else HashingEmbedder()
    from indexers.sentence_model import SentenceModel

    return SentenceModel(
        _folder(settings),
        name=settings.model if _HUB_NAME.fullmatch(settings.model) else Path(settings.model).resolve().name,
        query_prefix=settings.query_prefix,
        passage_prefix=settings.passage_prefix,
        max_tokens=settings.max_tokens,
    )


def _refuse_prefixes(settings: EmbedderSettings) -> None:
    for name in ("query_prefix", "passage_prefix", "max_tokens"):
        if getattr(settings, name) is not None:
            raise SettingsError(f"embedder.{name} cannot be set for {settings.model}, whose own is fixed")


def _folder(settings: EmbedderSettings) -> Path:
    return model_folder(
        settings.model,
        setting="embedder.model",
        needs="modules.json",
        allow_download=settings.allow_download,
        known="there are 'minilm', 'hashing', folders, and names like 'BAAI/bge-small-en-v1.5'",
    )


def model_folder(
    name: str,
    *,
    setting: str,
    needs: str,
    allow_download: bool,
    known: str = "name a folder, or a model as AUTHOR/NAME",
) -> Path:
    """The folder of a model that is named by folder, or as on the Hugging Face hub.

    Args:
        name: As in the settings.
        setting: Where it stands, for messages.
        needs: The file by which such a model's folder is known.
        allow_download: Fetch it, once, where it is not on this machine.
        known: What else could have been named, for messages.

    Raises:
        SettingsError: There is no such model here, or the folder is none of one.
    """
    folder = Path(name).expanduser()
    if (folder / needs).is_file():
        return folder
    told = f"{setting} is {name!r}"
    if folder.is_dir():
        raise SettingsError(f"{told}, a folder without {needs}")
    if not _HUB_NAME.fullmatch(name):
        raise SettingsError(f"{told}; {known}")
    return _from_hub(name, setting=setting, needs=needs, allow_download=allow_download)


def _from_hub(name: str, *, setting: str, needs: str, allow_download: bool) -> Path:
    from huggingface_hub import snapshot_download  # a quarter of a second
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    def found(*, local: bool) -> Path:
        return Path(snapshot_download(name, local_files_only=local, allow_patterns=FETCHED))

    try:
        with contextlib.suppress(LocalEntryNotFoundError):
            held = found(local=True)
            if not allow_download or _is_whole(held, needs):  # else every start would ask the hub what is new
                return held
        return found(local=not allow_download)
    except (LocalEntryNotFoundError, HfHubHTTPError, HFValidationError, OSError) as error:
        missing = SettingsError(f"{setting} is {name!r}, which is not on this machine: {error}".split("\n")[0][:300])
        if not allow_download:
            group = setting.partition(".")[0]
            missing.hint = f"Name a folder, or set {group}.allow_download = true to fetch it once."
        raise missing from error


def _is_whole(folder: Path, needs: str) -> bool:
    """Whether a model was fetched to the end: what is under way has another name."""
    named = all(any(folder.rglob(pattern)) for pattern in (needs, "tokenizer.json", "*.safetensors"))
    return named and all(path.exists() for path in folder.rglob("*"))  # links into the cache's blobs


def _endpoint(settings: EmbedderSettings, base_url: str, environment: Mapping[str, str] | None) -> Embedder:
    import os

    from indexers.addresses import check_url
    from indexers.endpoint import EndpointEmbedder
    from indexers.http_errors import AddressRefused
    from indexers.keys import read_key

    if settings.model in ("minilm", "hashing") or settings.dimension is None:
        raise SettingsError(
            "embedder.base_url is set, so embedder.model and embedder.dimension must name what is there"
        )
    try:
        endpoint = check_url(base_url, allow_private=settings.allow_private_base_url)
    except AddressRefused as error:
        refused = SettingsError(f"embedder.base_url: {error}")
        refused.hint = error.hint.replace("generator.", "embedder.")
        raise refused from error
    environment = os.environ if environment is None else environment
    key = read_key(ENDPOINT_KEY, environment)
    if key is None and endpoint.host == OPENAI_HOST:  # no other host is sent that key
        key = read_key(OPENAI_KEY, environment)
    return EndpointEmbedder(
        model=settings.model,
        base_url=base_url,
        dimension=settings.dimension,
        key=key,
        shorten=settings.shorten,
        max_tokens=settings.max_tokens or ENDPOINT_TOKENS,
        query_prefix=settings.query_prefix or "",
        passage_prefix=settings.passage_prefix or "",
        batch_size=settings.batch_size,
        allow_private=settings.allow_private_base_url,
    )
