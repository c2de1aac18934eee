"""Keys of models: from the environment or a file it names, never from settings, never shown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from indexers.errors import SettingsError


def read_key(name: str, environment: Mapping[str, str]) -> SecretStr | None:
    """The value of variable ``name``, else the content of the file that ``name_FILE`` names, else None.

    Raises:
        SettingsError: The file cannot be read, or the key holds what no HTTP header can.
    """
    key, origin = environment.get(name, ""), name
    path = environment.get(f"{name}_FILE", "")
    if not key.strip() and path:
        origin = f"{name}_FILE"
        try:
            key = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{origin} names {path}, which cannot be read") from error
    key = key.strip()
    if not all("!" <= letter <= "~" for letter in key):
        raise SettingsError(f"{origin} holds blanks, line breaks or letters outside ASCII, so it is not a key")
    return SecretStr(key) if key else None
