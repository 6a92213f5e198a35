"""System relations that hold data of tables, of other sessions or of logins; a restricted reader gets none of it.

Two doors. By name, for whoever builds a Classification from a snapshot: these columns are of the highest level. By OID
(pg_class.dat, stable in every version), so that a relation is closed even where a classification forgot it.
Source: manual, "System Catalogs" and "System Views".
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from proxy.model import Oid

DATA_COLUMNS: Final[Mapping[str, frozenset[str] | None]] = MappingProxyType(
    {
        # values of columns, as the planner keeps them
        "pg_statistic": None,
        "pg_stats": None,
        "pg_statistic_ext_data": None,
        "pg_stats_ext": None,
        "pg_stats_ext_exprs": None,
        "pg_attribute": frozenset({"attmissingval"}),  # the default of rows older than their column
        # what other sessions ask
        "pg_stat_activity": frozenset({"query"}),
        "pg_stat_statements": None,
        "pg_prepared_statements": frozenset({"statement"}),
        "pg_cursors": frozenset({"statement"}),
        "pg_locks": frozenset({"classid", "objid", "objsubid"}),  # the keys of advisory locks
        "pg_prepared_xacts": frozenset({"gid"}),
        # what was read and run: stands for every counter of it
        "pg_stat_all_tables": frozenset({"seq_scan"}),
        # large objects
        "pg_largeobject": None,
        # passwords and the like
        "pg_authid": frozenset({"rolpassword"}),
        "pg_shadow": frozenset({"passwd"}),
        "pg_user_mapping": frozenset({"umoptions"}),
        "pg_user_mappings": frozenset({"umoptions"}),
        "pg_foreign_server": frozenset({"srvoptions"}),
        "pg_foreign_data_wrapper": frozenset({"fdwoptions"}),
        "pg_foreign_table": frozenset({"ftoptions"}),
        "pg_subscription": frozenset({"subconninfo"}),
        "pg_stat_wal_receiver": frozenset({"conninfo"}),
        # the server's files
        "pg_file_settings": None,
        "pg_hba_file_rules": None,
        "pg_ident_file_mappings": None,
    }
)
"""Relation of pg_catalog (pg_stat_statements: of any schema) to the columns that hold data; None: every column."""

DATA_CATALOGS: Final = frozenset(DATA_COLUMNS)
"""The names alone."""

INFORMATION_SCHEMA_COLUMNS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "user_mapping_options": frozenset({"option_value"}),
        "foreign_server_options": frozenset({"option_value"}),
        "foreign_table_options": frozenset({"option_value"}),
        "foreign_data_wrapper_options": frozenset({"option_value"}),
    }
)
"""The same for information_schema."""

DATA_RELATIONS: Final[Mapping[Oid, str]] = MappingProxyType(
    {
        Oid(2619): "pg_statistic",
        Oid(3429): "pg_statistic_ext_data",
        Oid(2613): "pg_largeobject",
    }
)
"""Catalogs that hold nothing but data, by OID."""

COUNTERS: Final = "counters"
"""The type of a column that counts what was read and run. It tells of rows at second hand alone: in a result column it
may be computed with, and is NULL."""
COUNTING_VIEW: Final = "pg_stat_all_tables"

FIRST_NORMAL_OID: Final = 16_384  # access/transam.h, FirstNormalObjectId: initdb's own objects are below


def holds_data(schema: str, relation: str, column: str) -> bool:
    """Whether a system column is protected by default."""
    if schema == "information_schema":
        return column in INFORMATION_SCHEMA_COLUMNS.get(relation, ())
    if schema != "pg_catalog" and relation != "pg_stat_statements":
        return False
    if relation not in DATA_COLUMNS:
        return False
    columns = DATA_COLUMNS[relation]
    return columns is None or column in columns
