"""`pgwarden serve`: runs the proxy."""

from pathlib import Path

import click
import uvloop

from proxy.app.worker import serve as serve_worker
from proxy.cli.report import config_option
from proxy.config.load import load_config
from proxy.observe.logs import set_up


@click.command("serve", epilog="Example: pgwarden serve --config pgwarden.yaml")
@config_option
def serve(config_path: Path) -> None:
    """Run the proxy. SIGHUP reads the rules again, SIGTERM drains, a second one ends at once."""
    config = load_config(config_path)
    set_up(level=config.log.level, form=config.log.format)
    uvloop.run(serve_worker(config_path))
