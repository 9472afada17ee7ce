"""Every error that Glocal raises on purpose.

    GlocalError
    ├── UsageError                  the command was called in a way it does not know
    ├── DataError                   a file that a person wrote cannot be used
    │   ├── UnknownBrand
    │   ├── UnknownLocale
    │   ├── UnknownChannel
    │   └── UnknownCampaign
    ├── ModelError
    │   ├── NoLawfulModel           no model may write for a locale; carries every rejection
    │   ├── UnknownModel            no card of that id in the catalog
    │   ├── ModelMissing            its weights are not in the model store
    │   ├── ModelDamaged            a file differs from its recorded digest
    │   ├── UnsafeModel             a model folder holds something that could run code
    │   ├── ModelTooLarge           it does not fit into the memory that is free
    │   ├── TermsNotAccepted        nobody accepted the licence of a model that asks for it
    │   ├── RevisionNotPinned       it is not said which commit of the weights is wanted
    │   ├── HubError                a model hub did not give what it was asked for
    │   │   ├── HubUnavailable      it does not answer, or is cut off
    │   │   ├── HubDenied           it wants an account that may read the model
    │   │   ├── NotOnHub            it has no such model, revision or file
    │   │   └── DownloadDamaged     what arrived is not what the hub said it would be
    │   └── MissingExtra            an optional dependency is not installed
    ├── GenerationError
    │   ├── GenerationFailed        the model gave nothing that can be read as text
    │   ├── NoUsableCandidate       every candidate has a blocking issue
    │   └── EndpointError
    │       ├── EndpointUnavailable it does not answer, or says that it is overloaded
    │       ├── EndpointRefused     content may not be sent there; nothing was
    │       ├── EndpointRedirected  it sent the request elsewhere; nobody followed
    │       ├── EndpointDenied      it does not accept the key, or there is none
    │       └── EndpointMismatch    it runs another model than the one that was chosen
    ├── StoreError
    │   ├── StoreUnavailable        the database does not answer
    │   ├── LeaseLost               another run took over the unit
    │   ├── UnknownDraft
    │   ├── StaleDraft              somebody else decided or edited first
    │   └── ForbiddenTransition     the draft's status does not allow this decision
    ├── WrongRegion                 content of one region would be worked on in another
    ├── DecisionRefused             a human decision lacks something it must have
    ├── FormExpired                 a form was not made by the desk that got it
    └── DiskFull                    there is no room to write

Two class attributes make an error operable: `retryable` tells a scheduler whether the same call may
succeed later, `hint` tells a person what to do. Messages may quote what a user wrote, so they never
go to Prefect: only `code`, the class name, does.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class GlocalError(Exception):
    """Raised when Glocal cannot do what it was asked; the message is one line for a person."""

    retryable: ClassVar[bool] = False
    exit_code: ClassVar[int] = 1
    hint: str = "Run `glocal doctor`: it looks at everything a run needs."

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        if hint is not None:
            self.hint = hint

    @property
    def code(self) -> str:
        """The name of the error class: safe to show where content must not go."""
        return type(self).__name__


class UsageError(GlocalError):
    """Raised when a command is called with options or input that it does not know."""

    exit_code = 2
    hint = "See the command's --help."


class DataError(GlocalError):
    """Raised when a file that a person wrote cannot be used as it stands."""

    hint = "Correct the file and run the command again."

    def __init__(
        self,
        message: str,
        *,
        path: Path | str | None = None,
        line: int | None = None,
        field: str | None = None,
        hint: str | None = None,
    ) -> None:
        place = "" if path is None else str(path) + ("" if line is None else f":{line}")
        where = ": ".join(part for part in (place, field) if part)
        super().__init__(f"{where}: {message}" if where else message, hint=hint)
        self.problem = message
        self.path = path
        self.line = line
        self.field = field


class UnknownBrand(DataError):
    """Raised when no brand file has the id that was asked for."""

    hint = "Put brand_pillars/<id>.yaml into the workspace, or name one that is there."


class UnknownLocale(DataError):
    """Raised when drafting is asked for a locale without a pack."""

    hint = "Put locales/<tag>.yaml into the workspace; `glocal doctor` lists the locales there are."


class UnknownChannel(DataError):
    """Raised when a segment names a channel that channels.yaml does not have."""

    hint = "Add the channel to channels.yaml in the workspace, or name one that is there."


class UnknownCampaign(DataError):
    """Raised when no campaign of that id was ever run in this database."""

    hint = "Run the campaign first: glocal run BRIEF."


class ModelError(GlocalError):
    """Raised when a model cannot be chosen, found or trusted."""


class NoLawfulModel(ModelError):
    """Raised when every model is rejected for a locale; `rejections` holds model, rule and reason of each."""

    hint = (
        "`glocal models choose --locale TAG` shows every reason; `glocal models pull --embedded` brings a small model, "
        "and policy.yaml says what each jurisdiction asks for."
    )

    def __init__(
        self,
        locale: str,
        rejections: Sequence[tuple[str, str, str]],
        *,
        told: str | None = None,
        hint: str | None = None,
    ) -> None:
        """`told` stands for the list of models and reasons, where that would be too long to be read."""
        listed = told or "; ".join(f"{model}: {reason}" for model, _, reason in rejections)
        super().__init__(f"no model may write for {locale} ({listed or 'the catalog is empty'})", hint=hint)
        self.locale = locale
        self.rejections = tuple(rejections)


class UnknownModel(ModelError):
    """Raised when the catalog has no card of that id."""

    hint = "`glocal models list` shows the catalog; add a card of your own in models.yaml."


class ModelMissing(ModelError):
    """Raised when a model is in the catalog but its weights are not in the model store."""

    hint = "Pull it: glocal models pull ID."


class ModelDamaged(ModelError):
    """Raised when a file of a stored model is missing or differs from its recorded digest."""

    hint = "Pull it again: glocal models pull ID --force."


class UnsafeModel(ModelError):
    """Raised when a model folder holds something that could run code; nothing of it is loaded."""

    hint = "Use a revision with safetensors weights and no code of its own."


class ModelTooLarge(ModelError):
    """Raised before a model is loaded that would not fit into the memory that is free; sizes are in bytes.

    `alternatives` are the ids of smaller models that may write instead, where the caller knows of any.
    """

    hint = "Pull a smaller model, close what else holds memory, or run it behind an endpoint on a larger machine."

    def __init__(
        self, model: str, needed: int, available: int, *, place: str = "here", alternatives: Sequence[str] = ()
    ) -> None:
        smaller = (
            f"Smaller models that may write here: {', '.join(alternatives)}. Set `size: {{at_most: BILLIONS}}` in "
            "policy.yaml to have one of them, or run this one behind an endpoint."
            if alternatives
            else None
        )
        super().__init__(
            f"{model} needs {needed / 1e9:.1f} GB of memory, and {available / 1e9:.1f} GB are free {place}",
            hint=smaller,
        )
        self.model = model
        self.needed = needed
        self.available = available
        self.place = place
        self.alternatives = tuple(alternatives)

    def with_alternatives(self, alternatives: Sequence[str]) -> ModelTooLarge:
        """The same error, naming smaller models."""
        return ModelTooLarge(self.model, self.needed, self.available, place=self.place, alternatives=alternatives)


class TermsNotAccepted(ModelError):
    """Raised when a model's terms ask to be accepted and nobody has; nothing was downloaded."""

    hint = "Read the terms, then accept them on a terminal or with --accept-licence."


class RevisionNotPinned(ModelError):
    """Raised when neither the card nor the command says which commit of a model is wanted; nothing was downloaded."""

    hint = "Name the commit: glocal models pull ID --revision SHA, 40 hexadecimal digits."


class HubError(ModelError):
    """Raised when a model hub did not give what it was asked for; messages never hold a token."""

    hint = "Check HF_ENDPOINT, or pull from a folder: glocal models pull ID --from DIR."


class HubUnavailable(HubError):
    """Raised when a hub does not answer or a download is cut off; what arrived is kept, so a later call goes on."""

    retryable = True
    hint = "Check the network and HF_ENDPOINT, then run the command again: it goes on where it stopped."


class HubDenied(HubError):
    """Raised when a hub does not let this account, or nobody without one, read a model."""

    hint = "Accept the model's terms on the hub, then set HF_TOKEN to a token of that account."


class NotOnHub(HubError):
    """Raised when a hub has no such model, no such revision of it, or not the files that it needs."""

    hint = "Check the id and the revision on the hub: `glocal models show ID` has the model's sources."


class DownloadDamaged(HubError):
    """Raised when a downloaded file is not what the hub said it would be; the file was removed."""

    hint = "Pull it once more. If it happens again, do not use this hub for it."


class MissingExtra(ModelError):
    """Raised when a feature needs an optional dependency that is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed", hint=f"Install it: pip install 'glocal[{extra}]'.")


class GenerationError(GlocalError):
    """Raised when a unit cannot be drafted by the chosen model."""


class GenerationFailed(GenerationError):
    """Raised when the model's output cannot be read as text: empty, or not a number."""

    hint = "Check the weights: glocal models verify."


class NoUsableCandidate(GenerationError):
    """Raised when every candidate of a unit has a blocking issue, after all rounds."""

    hint = "Draw more with --candidates, try another --seed, or give the locale a larger model."


class EndpointError(GenerationError):
    """Raised when a model behind an endpoint cannot be used; messages never hold content or keys."""

    hint = "Check the endpoint in endpoints.yaml."


class EndpointUnavailable(EndpointError):
    """Raised when an endpoint failed in every attempt in a way that may pass; a later call may succeed."""

    retryable = True
    hint = "Look at the server's log: it may be down, busy or unable to run the model. Then run the campaign again."


class EndpointRefused(EndpointError):
    """Raised when content may not be sent to an endpoint: not in the region, or not who it says it is."""

    hint = "Name the host under `allowed_hosts` of the region in endpoints.yaml, if content may go there."


class EndpointRedirected(EndpointError):
    """Raised when an endpoint points elsewhere; the request is sent nowhere else."""

    hint = "Give endpoints.yaml the final address of the server: redirects are never followed."


class EndpointDenied(EndpointError):
    """Raised when an endpoint does not accept the key, or the variable that should hold one does not."""

    hint = "Name the variable that holds the key as `api_key_variable` in endpoints.yaml, and set it."


class EndpointMismatch(EndpointError):
    """Raised when an endpoint runs another model than the one that was chosen; its text is not used."""

    hint = "Set `served_as` in endpoints.yaml to the name that the server knows the model by."


class StoreError(GlocalError):
    """Raised when the record cannot be read or written."""

    hint = "Check who owns the workspace's .glocal folder, or set GLOCAL_DATABASE_URL to another database."


class StoreUnavailable(StoreError):
    """Raised when the database does not answer; the same call may succeed later."""

    retryable = True
    hint = "Check the database URL (GLOCAL_DATABASE_URL) and that the server runs."


class LeaseLost(StoreError):
    """Raised when a lease ran out and another run took the unit; nothing was written."""

    hint = "Nothing to do: the other run finishes the unit."


class UnknownDraft(StoreError):
    """Raised when no draft has that id."""

    hint = "Open it from the queue; it may belong to another database."


class StaleDraft(StoreError):
    """Raised when somebody else decided or edited between reading and writing."""

    hint = "Look at what changed, then decide again."


class ForbiddenTransition(StoreError):
    """Raised when a draft's status does not allow the decision."""

    hint = "Reload the draft: its status changed."


class WrongRegion(GlocalError):
    """Raised when content of one region would be worked on in another; nothing of it was read."""

    hint = "Run it where GLOCAL_REGION is the campaign's region."


class DecisionRefused(GlocalError):
    """Raised when a human decision lacks a reviewer's name or a reason that it must have."""

    hint = "Fill in what is missing and send it again; the text was kept."


class FormExpired(GlocalError):
    """Raised when a form was not made by this desk, or before it was started again."""

    hint = "The text was kept: look again, then send it once more."


NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What the system says when a disk, a quota or the largest allowed file is full."""


class DiskFull(GlocalError):
    """Raised when there is no room left to write; nothing half-written stays behind."""

    hint = "Free some space and run the command again."
