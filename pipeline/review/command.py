"""`glocal review serve`: the review desk on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.errors import MissingExtra


def register_commands(app: typer.Typer) -> None:
    """Add the commands of the review desk."""
    review = typer.Typer(help="The review desk, where people decide.", no_args_is_help=True)
    review.callback()(_group)
    review.command()(serve)
    app.add_typer(review, name="review")


def _group() -> None:
    """The review desk, where people decide."""


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="A name of this machine; the desk has no accounts yet.")] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Port; 0 takes a free one. Default: review_port.")
    ] = None,
) -> None:
    """Serve the review desk on this machine until Ctrl+C, and print its address."""
    from pipeline.bootstrap import build

    try:
        from pipeline.review import serving
        from pipeline.review.app import make_app
    except ModuleNotFoundError as missing:
        raise MissingExtra(missing.name or "fastapi", "review") from None

    parts = build(context.obj)
    desk, library = parts.desk, parts.library
    library.packs()  # what is wrong with a file is told now, not to a reviewer
    library.channels()
    listener = serving.open_listener(host, parts.settings.review_port if port is None else port)
    address = serving.address_of(listener)
    app = make_app(
        desk,
        region=parts.settings.region,
        pack_of=library.find_locale,
        market=lambda: parts.market(library.locale_tags()),
        port=listener.getsockname()[1],
    )
    serving.serve(app, listener, lambda: typer.echo(f"Review desk: {address} (Ctrl+C stops it)"))
