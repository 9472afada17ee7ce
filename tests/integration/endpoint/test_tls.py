"""Who an endpoint is, is proved by its certificate; whom to believe is said in the file, not by the environment."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pipeline.backends.endpoint_generator import EndpointGenerator
from pipeline.domain.candidate import GenerationConfig
from pipeline.domain.endpoint import Endpoint
from pipeline.domain.prompt import Prompt
from pipeline.errors import EndpointRefused

if TYPE_CHECKING:
    from tests.integration.endpoint.conftest import Handler, Misbehaving

ONE = GenerationConfig(num_return_sequences=1, max_new_tokens=16)

ANSWER = b'{"model": "acme/writer", "choices": [{"text": " Kalt.", "finish_reason": "stop"}]}'


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate and its key, as PEM files."""

    certificate: Path
    key: Path


def certificate_for(address: str, folder: Path) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Glocal test")])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = Certificate(folder / f"{address}.pem", folder / f"{address}.key")
    files.certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


@pytest.fixture
def own(tmp_path: Path) -> Certificate:
    """For the address that the server has."""
    return certificate_for("127.0.0.1", tmp_path)


@pytest.fixture
def of_another(tmp_path: Path) -> Certificate:
    """For an address that it does not have."""
    return certificate_for("127.0.0.2", tmp_path)


@pytest.fixture
def serving(server: Misbehaving) -> Iterator[Callable[[Certificate], Misbehaving]]:
    """Starts a server that shows a certificate."""
    running: list[Iterator[Misbehaving]] = []

    def answers(request: Handler) -> None:
        request.answer(200, ANSWER)

    def start(shown: Certificate) -> Misbehaving:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(shown.certificate, shown.key)

        def wrap(plain: socket.socket) -> socket.socket:
            return context.wrap_socket(plain, server_side=True)

        secure = type(server)()
        secure.does(answers)
        running.append(secure.run(wrap))
        return next(running[-1])

    yield start
    for server_run in running:
        next(server_run, None)


def generator_for(secure: Misbehaving, endpoint: Endpoint) -> EndpointGenerator:
    return EndpointGenerator(endpoint, allowed_hosts=[secure.host], environment={})


def at(secure: Misbehaving, endpoint_of: Callable[..., Endpoint], ca_file: Path | None = None) -> Endpoint:
    return endpoint_of(secure, url=f"https://{secure.host}/v1", ca_file=str(ca_file) if ca_file else None)


def test_a_certificate_that_nobody_vouches_for_is_refused(
    serving: Callable[[Certificate], Misbehaving],
    own: Certificate,
    endpoint_of: Callable[..., Endpoint],
    completion: Prompt,
) -> None:
    """And not tried again: nothing was sent, and nothing will change by itself."""
    secure = serving(own)

    with pytest.raises(EndpointRefused, match="a certificate that is not trusted") as caught:
        generator_for(secure, at(secure, endpoint_of)).generate(completion, ONE)

    assert "ca_file" in caught.value.hint
    assert [] == secure.received


def test_the_environment_does_not_say_whom_to_believe(
    serving: Callable[[Certificate], Misbehaving],
    own: Certificate,
    endpoint_of: Callable[..., Endpoint],
    completion: Prompt,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A variable that was set for another program must not open the way to another server."""
    monkeypatch.setenv("SSL_CERT_FILE", str(own.certificate))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(own.certificate))
    secure = serving(own)

    with pytest.raises(EndpointRefused):
        generator_for(secure, at(secure, endpoint_of)).generate(completion, ONE)

    assert [] == secure.received


def test_an_authority_of_ones_own_is_believed_where_the_file_names_it(
    serving: Callable[[Certificate], Misbehaving],
    own: Certificate,
    endpoint_of: Callable[..., Endpoint],
    completion: Prompt,
) -> None:
    secure = serving(own)

    samples = generator_for(secure, at(secure, endpoint_of, own.certificate)).generate(completion, ONE)

    assert [" Kalt."] == [sample.text for sample in samples]


def test_a_certificate_for_another_address_is_refused(
    serving: Callable[[Certificate], Misbehaving],
    of_another: Certificate,
    endpoint_of: Callable[..., Endpoint],
    completion: Prompt,
) -> None:
    """Also one that is vouched for."""
    secure = serving(of_another)

    with pytest.raises(EndpointRefused, match="not trusted"):
        generator_for(secure, at(secure, endpoint_of, of_another.certificate)).generate(completion, ONE)

    assert [] == secure.received
