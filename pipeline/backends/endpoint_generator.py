"""A generator behind an OpenAI-compatible endpoint.

One request for each candidate, with a seed of its own: what servers make of `n` differs. Either every candidate comes
back or the unit fails: fewer than asked for would be a choice that nobody made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from pipeline.backends.endpoint_client import Answer, Backoff, EndpointAccess, EndpointConnection, NoAnswer
from pipeline.backends.endpoint_messages import (
    DIALECTS,
    ROUTES,
    Dialect,
    denied,
    listed_models,
    may_be_about_fields,
    read_sample,
    refusal,
    request_for,
)
from pipeline.domain.ask import Ask
from pipeline.domain.candidate import GenerationConfig, Sample
from pipeline.domain.endpoint import Endpoint
from pipeline.domain.prompt import Prompt
from pipeline.domain.vocabulary import Vocabulary
from pipeline.errors import EndpointUnavailable, GenerationFailed, GlocalError
from pipeline.generation.one_by_one import one_by_one

T = TypeVar("T")

PROBE_SECONDS = 10.0
"""How long a server may take to list its models."""


@dataclass(frozen=True)
class Probe:
    """What a look at an endpoint found. `served` are the models that it lists; some servers list none of their own."""

    reachable: bool
    served: tuple[str, ...] = ()
    error: GlocalError | None = None


class EndpointGenerator:
    """Draws samples from an endpoint; the seam is that of the generator in this process.

    generator = EndpointGenerator(endpoint, allowed_hosts={"llm.example.eu"}, environment=os.environ)
    samples = generator.generate(prompt, GenerationConfig(num_return_sequences=4, seed=7))

    Samples have no log-probability: servers differ in whether it is the model's or the sampler's. Raises
    EndpointRefused when the host is not one of `allowed_hosts`, EndpointDenied when there is no key.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        allowed_hosts: Collection[str],
        environment: Mapping[str, str],
        backoff: Backoff | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._access = EndpointAccess(endpoint, allowed_hosts=allowed_hosts, environment=environment, backoff=backoff)
        self._dialects: dict[str, Dialect] = {}

    @property
    def rows_at_once(self) -> int:
        """A server makes its own batches; the first unit would only wait for the others."""
        return 1

    def generate(
        self,
        prompt: Prompt,
        config: GenerationConfig,
        vocabulary: Vocabulary | None = None,  # noqa: ARG002  (the seam's; servers know tokens of their own)
    ) -> list[Sample]:
        """Sample texts of one prompt; a server cannot be held to a vocabulary.

        Raises EndpointUnavailable when it may work later, EndpointMismatch when the server runs another model, and
        GenerationFailed when what came back cannot be read, or none of it has any text.
        """
        samples = _run(self._draw(prompt, config))
        if not any(sample.text.strip() for sample in samples):
            raise GenerationFailed(
                f"the model wrote nothing in {len(samples)} attempts",
                hint="Look at the server's settings: a model that thinks may spend its whole budget on thoughts.",
            )
        return samples

    def generate_together(self, asks: Sequence[Ask]) -> list[list[Sample] | GlocalError]:
        """What `generate` gives for each ask in turn, or the error that it raises."""
        return one_by_one(self.generate, asks)

    async def _draw(self, prompt: Prompt, config: GenerationConfig) -> list[Sample]:
        numbers = range(config.num_return_sequences)
        async with self._access.connection() as connection:
            # The first alone, as long as it is open which dialect the server speaks.
            alone = numbers[: prompt.style not in self._dialects]
            first = [await self._sample(connection, prompt, config, number) for number in alone]
            parallel = 1 if self._dialects[prompt.style].seeds_the_process else self._endpoint.parallel
            turns = asyncio.Semaphore(parallel)

            async def in_turn(number: int) -> Sample:
                async with turns:
                    return await self._sample(connection, prompt, config, number)

            try:
                async with asyncio.TaskGroup() as group:
                    tasks = [group.create_task(in_turn(number)) for number in numbers[len(first) :]]
            except ExceptionGroup as failed:
                # The first ended all others: one is the reason, the rest are its consequences.
                raise failed.exceptions[0] from None
            return [*first, *(task.result() for task in tasks)]

    async def _sample(
        self, connection: EndpointConnection, prompt: Prompt, config: GenerationConfig, number: int
    ) -> Sample:
        known = self._dialects.get(prompt.style)
        for dialect in (known,) if known else DIALECTS:
            body = request_for(self._endpoint, prompt, config, number) | dialect.fields(prompt, config)
            answer = await connection.post(ROUTES[prompt.style], body)
            if answer.status == HTTPStatus.OK:
                self._dialects[prompt.style] = dialect
                return read_sample(self._endpoint, prompt, config, answer)
            if not may_be_about_fields(answer):
                break
        raise refusal(self._endpoint, ROUTES[prompt.style], answer)


def probe(endpoint: Endpoint, *, allowed_hosts: Collection[str], environment: Mapping[str, str]) -> Probe:
    """Look whether an endpoint answers, and which models it says it serves. No content is sent; nothing is raised."""
    impatient = endpoint.model_copy(update={"read_seconds": min(endpoint.read_seconds, PROBE_SECONDS)})
    try:
        answer = _run(_look(EndpointAccess(impatient, allowed_hosts=allowed_hosts, environment=environment)))
    except NoAnswer as problem:
        error = EndpointUnavailable(f"endpoint {endpoint.id} ({endpoint.host}) does not answer: {problem}")
        return Probe(reachable=False, error=error)
    except GlocalError as refused:
        return Probe(reachable=False, error=refused)
    if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return Probe(reachable=True, error=denied(endpoint))
    return Probe(reachable=True, served=listed_models(answer))


async def _look(access: EndpointAccess) -> Answer:
    async with access.connection() as connection:
        return await connection.attempt("GET", "/models")


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run it to its end in an event loop of its own; where one runs already, as in a notebook, beside it."""
    if not _in_event_loop():
        return asyncio.run(work)
    with ThreadPoolExecutor(max_workers=1) as beside:
        return beside.submit(asyncio.run, work).result()


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
