"""A model hub: which files a commit of a model has, and bringing one of them here, whole or not at all.

It speaks through huggingface_hub, which knows the protocol, redirects and repeated attempts. What it adds: every
file is compared with the digest that the hub lists for it, a download goes on where an earlier process stopped, and
no error holds a token or a signed address.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import urlsplit

from pipeline.errors import (
    DownloadDamaged,
    HubDenied,
    HubError,
    HubUnavailable,
    MissingExtra,
    NotOnHub,
    UnsafeModel,
)
from pipeline.modelstore.hub_file import (
    CHUNK,
    Advance,
    Bounded,
    HubFile,
    Listing,
    TooMuchError,
    listed_file,
    usable_bytes,
)
from pipeline.modelstore.needed import leads_outside

if TYPE_CHECKING:
    from huggingface_hub.errors import HfHubHTTPError

TIMEOUT = 30.0
"""Seconds for a hub's answer to a question; a download has huggingface_hub's own, between two bytes."""

MOST_FILES = 10_000
"""In one repository; a model has some tens."""

SERVER_ERROR = 500
BUSY = frozenset({408, 416, 425, 429})
"""Among them a range that is refused: then the part that was kept is removed, and the next attempt starts anew."""
DENIED = frozenset({401, 403})
NOT_FOUND = 404
RANGE_REFUSED = 416


@dataclass(frozen=True)
class Hub:
    """A hub at an address, and the token to show there; neither goes anywhere else."""

    endpoint: str
    token: str | None = None

    @classmethod
    def from_environment(cls) -> Hub:
        """The hub of HF_ENDPOINT with the token of HF_TOKEN, or else of `hf auth login`.

        Raises MissingExtra, or HubError where HF_HUB_OFFLINE forbids it.
        """
        if find_spec("huggingface_hub") is None:
            raise MissingExtra("huggingface_hub", "offline")
        if _kept_offline():
            raise HubError(
                "HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE is set, so no hub is asked",
                hint="Unset it for this command, or pull from a folder: glocal models pull ID --from DIR.",
            )
        # Read once, when the library is first imported.
        os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
        from huggingface_hub import constants, get_token

        return cls(endpoint=os.environ.get("HF_ENDPOINT", constants.ENDPOINT).rstrip("/"), token=get_token())

    @property
    def name(self) -> str:
        """The hub's host, with its port where it has one: what may be written down of its address."""
        return urlsplit(self.endpoint).netloc.rpartition("@")[2]

    def head(self, repository: str) -> str:
        """The commit that the main branch of a model stands at now."""
        from huggingface_hub import HfApi

        with self._errors(repository):
            commit = (
                HfApi(endpoint=self.endpoint, token=self.token or False).model_info(repository, timeout=TIMEOUT).sha
            )
        if not commit:
            raise HubError(f"{self.name} does not say at which commit {repository} stands")
        return commit

    def listing(self, repository: str, commit: str) -> Listing:
        """The files of a model at a commit; raises NotOnHub, HubDenied, HubUnavailable, HubError or UnsafeModel."""
        from huggingface_hub import HfApi

        with self._errors(repository, commit):
            found = HfApi(endpoint=self.endpoint, token=self.token or False).model_info(
                repository, revision=commit, files_metadata=True, timeout=TIMEOUT
            )
            files = [listed_file(sibling) for sibling in found.siblings or []]
        if found.sha != commit:
            raise HubError(f"{self.name} gave another commit of {repository} than {commit}")
        if len(files) > MOST_FILES:
            raise UnsafeModel(f"{self.name} lists {len(files)} files for {repository}")
        outside = next((file.path for file in files if leads_outside(file.path)), None)
        if outside is not None:
            raise UnsafeModel(f"{self.name} lists a file outside the model's folder: {outside!r}")
        return Listing(repository, commit, {file.path: file for file in files})

    def fetch(self, listing: Listing, file: HubFile, target: Path, partial: Path, advance: Advance) -> None:
        """Bring one file to `target`, going on from what `partial` already holds.

        Raises DownloadDamaged when what arrived is another file than was listed; then `partial` is gone.
        """
        from huggingface_hub import hf_hub_url
        from huggingface_hub.file_download import http_get
        from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

        if not (file.sha256 or file.git_blob):
            raise HubError(f"{self.name} lists no digest for {file.path} of {listing.repository}")
        url = hf_hub_url(listing.repository, file.path, revision=listing.commit, endpoint=self.endpoint)
        # Uncompressed: only so can a break be mended by asking for the bytes from there on.
        headers = build_hf_headers(token=self.token or False, headers={"accept-encoding": "identity"})
        have = usable_bytes(partial, file.size)
        advance(have)
        with partial.open("ab") as out, self._errors(listing.repository, listing.commit, partial):
            bounded = cast("BinaryIO", Bounded(out, file.size, advance))
            http_get(url, bounded, resume_size=have, headers=headers, expected_size=file.size)
        if not file.is_at(partial):
            partial.unlink()
            raise DownloadDamaged(f"{file.path} from {self.name} is not the file that {listing.repository} lists")
        partial.replace(target)

    @contextmanager
    def _errors(self, repository: str, commit: str | None = None, partial: Path | None = None) -> Iterator[None]:
        """Go online for a moment, and turn what the client raises into errors without addresses and tokens."""
        import httpx2
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

        try:
            with _online():
                yield
        except TooMuchError as error:
            _remove(partial)
            raise DownloadDamaged(f"{self.name} sends more than {repository} lists") from error
        except HfHubHTTPError as error:
            if error.response.status_code == RANGE_REFUSED:
                _remove(partial)
            raise self._refusal(error, repository, commit) from None
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, HFValidationError) as error:
            raise HubError(f"{self.name or self.endpoint!r} is no address that {repository} can come from") from error
        except OfflineModeIsEnabled as error:
            raise HubError("this process has gone offline, so no hub is asked") from error
        except httpx2.HTTPError as error:
            raise HubUnavailable(f"{self.name} does not answer ({type(error).__name__})") from None
        except OSError as error:
            if error.errno is not None:
                raise
            # The client's own complaint about a download that ended early.
            raise HubUnavailable(f"{self.name} stopped in the middle of a file") from None
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise HubError(f"{self.name} gave an answer that cannot be read ({type(error).__name__})") from None

    def _refusal(self, error: HfHubHTTPError, repository: str, commit: str | None) -> HubError:
        from huggingface_hub.errors import DisabledRepoError, GatedRepoError, RepositoryNotFoundError

        page = f"{urlsplit(self.endpoint).scheme}://{self.name}/{repository}"
        match error:
            case GatedRepoError():
                return HubDenied(
                    f"{repository} is gated: {self.name} gives it only to accounts that accepted its terms",
                    hint=f"Accept them at {page}, then set HF_TOKEN to a token of that account.",
                )
            case DisabledRepoError():
                return HubDenied(f"{self.name} has locked {repository}", hint=f"See {page}.")
            case RepositoryNotFoundError():
                return NotOnHub(
                    f"{self.name} has no model {repository}, or not for this account",
                    hint="Check the id; for a private or gated model set HF_TOKEN.",
                )
        return self._refusal_by_status(error.response.status_code, repository, commit)

    def _refusal_by_status(self, status: int, repository: str, commit: str | None) -> HubError:
        if status in DENIED:
            token = "the token in HF_TOKEN" if self.token else "a request without a token"
            return HubDenied(f"{self.name} does not accept {token} for {repository}")
        if status == NOT_FOUND:
            what = f"no commit {commit} of {repository}" if commit else f"no model {repository}"
            return NotOnHub(f"{self.name} has {what}, or lacks a file of it")
        if status >= SERVER_ERROR or status in BUSY:
            return HubUnavailable(f"{self.name} answers with an error of its own ({status})")
        return HubError(f"{self.name} refuses the request for {repository} ({status})")


def _kept_offline() -> bool:
    return any(
        os.environ.get(name, "").upper() in {"1", "ON", "YES", "TRUE"}
        for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    )


@contextmanager
def _online() -> Iterator[None]:
    """Let huggingface_hub out for as long as a hub is asked; afterwards no library of this process gets there."""
    from huggingface_hub import constants
    from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]
    from huggingface_hub.utils.logging import set_verbosity

    if _kept_offline():
        # Set in the meantime by a model that was loaded: this process stays inside.
        yield
        return
    # Its warnings hold addresses, and those of a content network are signed.
    set_verbosity(logging.CRITICAL)
    disable_progress_bars()
    constants.HF_HUB_OFFLINE, constants.DOWNLOAD_CHUNK_SIZE = False, CHUNK
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = True


def _remove(partial: Path | None) -> None:
    if partial is not None:
        partial.unlink(missing_ok=True)
