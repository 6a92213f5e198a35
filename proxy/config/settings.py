"""The whole configuration: the sections that rooms own, put together, and the few that belong to no room."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from proxy.admin.settings import AdminSettings
from proxy.audit.settings import AuditSettings
from proxy.config.keys import KeySection, make_a_key
from proxy.config.secret import Secret
from proxy.observe.logs import LogFormat
from proxy.server.settings import LimitSettings, ListenSettings, UpstreamSettings


class CatalogSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The account that reads the catalog. database: "*" means each database when a client first uses it.
    poll_seconds: how long a change that nobody announced may go unnoticed."""

    user: str = "pgwarden"
    password: Secret | None = None
    database: str = "*"
    poll_seconds: Annotated[float, Meta(ge=0.1, le=3_600)] = 5.0


class StateSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What pgwarden remembers beyond its rules. directory: without it, `state` beside the audit directory."""

    directory: Path | None = None


class LogSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What is logged, and how a line looks."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: LogFormat = LogFormat.JSON


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """pgwarden.yaml, decoded. Its repr shows no secret. path is where it was read from, paths in it are absolute."""

    hints: ClassVar[Mapping[str, str]] = {
        "rules": "List the rule files, for example rules: [masking_rules/base.yaml].",
        "keys": "Write keys: {current: 1, 1: {file: mask.key}}. " + make_a_key(Path("mask.key")),
    }

    rules: Annotated[tuple[Path, ...], Meta(min_length=1)]
    keys: KeySection
    listen: ListenSettings = ListenSettings()
    upstream: UpstreamSettings = UpstreamSettings()
    catalog: CatalogSettings = CatalogSettings()
    audit: AuditSettings = AuditSettings()
    state: StateSettings = StateSettings()
    admin: AdminSettings | None = None
    limits: LimitSettings = LimitSettings()
    log: LogSettings = LogSettings()
    workers: Annotated[int, Meta(ge=1)] = 1

    @property
    def state_directory(self) -> Path:
        """Where what is remembered is."""
        return self.state.directory or self.audit.directory.absolute().with_name("state")
