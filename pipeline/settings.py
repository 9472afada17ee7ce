"""Environment and `glocal.toml`, read once into inert values.

Order: environment (`GLOCAL_*`), then `glocal.toml` in the workspace, then the defaults here. Nothing is
created, opened or logged by reading them.
"""

from __future__ import annotations

import os
import re
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import platformdirs
from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from pipeline.errors import DataError
from pipeline.resources.document import mistakes_in, plain, read_text

SETTINGS_FILE = "glocal.toml"


class Settings(BaseSettings):
    """All settings of one workspace.

    `lease_seconds` is how long a crashed run blocks the unit it was drafting; a live run renews its lease
    at a third of it. `models` is shared by all workspaces of a user: weights are large. So is `cache`, which holds what
    can be computed again.
    """

    model_config = SettingsConfigDict(env_prefix="GLOCAL_", extra="forbid", frozen=True)

    workspace: Path
    region: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")] = "local"
    database_url: str = ""
    models: Path = Field(default_factory=lambda: platformdirs.user_data_path("glocal") / "models")
    cache: Path = Field(default_factory=lambda: platformdirs.user_cache_path("glocal"))
    encoder: str = "intfloat/multilingual-e5-small"
    candidates: Annotated[int, Field(ge=1, le=256)] = 32
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    temperature: Annotated[float, Field(gt=0, le=2)] = 0.6
    lease_seconds: Annotated[float, Field(ge=1, le=3_600)] = 60
    batch_units: Annotated[int, Field(ge=1, le=256)] = 32
    review_port: Annotated[int, Field(ge=0, le=65_535)] = 8710

    @property
    def private_folder(self) -> Path:
        """Where this workspace keeps what it makes: the default database and Prefect's own files."""
        return self.workspace / ".glocal"

    def make_private_folder(self) -> None:
        """Make the private folder, or close the one that is there: it holds copy, names and decisions."""
        # Whoever writes into it next tells of a folder that cannot be made.
        with suppress(OSError):
            self.private_folder.mkdir(exist_ok=True)
            self.private_folder.chmod(0o700)

    @property
    def record_url(self) -> str:
        """URL of the record: `database_url`, or a SQLite file in the workspace."""
        return self.database_url or f"sqlite:///{self.private_folder / 'glocal.db'}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (pydantic's signature; no dotenv file is read)
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (as above)
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Command line, environment, then the workspace's own file."""
        workspace = Path(init_settings().get("workspace", "."))
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, workspace / SETTINGS_FILE)


def read_settings(workspace: Path) -> Settings:
    """The settings of a workspace; DataError names the field and where it may have been set."""
    if not workspace.is_dir():
        raise DataError("there is no such workspace folder", path=workspace, hint="Make one: glocal init DIR.")
    path = workspace.resolve() / SETTINGS_FILE
    text = read_text(path) if path.exists() else ""
    try:
        return Settings(workspace=workspace.resolve())
    except tomllib.TOMLDecodeError as broken:
        raise DataError(f"not valid TOML: {broken}", path=path) from None
    except ValidationError as invalid:
        raise _mistake(invalid, path, text) from None


def _mistake(invalid: ValidationError, path: Path, text: str) -> DataError:
    """The first wrong setting, told where it was set: in the environment, else in the file."""
    first = mistakes_in(invalid)[0]
    field, message = str(first["loc"][0]), plain(first)
    variable = f"GLOCAL_{field.upper()}"
    if variable in os.environ:
        return DataError(message, field=variable, hint="Correct this variable of the environment, or unset it.")
    before = re.search(rf"(?m)^[ \t]*{re.escape(field)}[ \t]*=", text)
    line = text.count("\n", 0, before.start()) + 1 if before else None
    hint = f"Correct it in {SETTINGS_FILE}, or set {variable} in the environment."
    return DataError(message, path=path, line=line, field=field, hint=hint)
