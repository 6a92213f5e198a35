"""Commands without a query: which of them a restricted reader may run. What is not listed here is refused.

Reviewed by one question: can its success, its answer or its error carry a protected value, or change what another
statement is proven to mean without the session's state telling?
"""

from typing import Final

from proxy.model import Reading

CONTROL: Final = frozenset(
    {
        "empty",
        "begin",
        "start transaction",
        "set transaction",
        "set session characteristics",
        "savepoint",
        "release",
        "rollback to",
        "rollback",
        "abort",
    }
)
"""Transaction control that runs nothing of anybody's."""

DEFERRED: Final = frozenset(
    {"commit", "end", "set constraints", "prepare transaction", "commit prepared", "rollback prepared"}
)
"""Transaction control that may run deferred constraints and triggers: allowed, but their errors tell of rows."""

SESSION: Final = frozenset(
    {
        "reset",
        "reset all",
        "discard all",
        "discard plans",
        "discard sequences",
        "discard temp",
        "deallocate",
        "deallocate all",
        "close",
        "close all",
        "listen",  # what arrives is withheld elsewhere; to ask for it gives nothing away
        "unlisten",
        "unlisten all",
    }
)
"""The session's own things, and giving them back."""

NOTIFIES: Final = frozenset({"notify"})
"""What it sends stands in the text, so that the sender knows it; who may hear it is decided where it arrives."""

ROLES: Final = frozenset({"set role", "set session authorization"})
"""Whose clearance it is follows from the login and does not change with the role; what names, views and row security
mean under the role is asked of the server before the next statement is decided."""

UPKEEP: Final = frozenset({"analyze", "vacuum"})
"""Of one's own tables, as the server demands. Statistics are protected; expressions of indexes run, so errors and
notices are withheld. Not among them: REINDEX and CLUSTER, which build unique indexes and fail by what is in them."""

LOCKS: Final = frozenset({"lock"})
"""A table lock reads nothing."""

GONE: Final = frozenset({"drop table", "drop view", "drop materialized view", "drop index", "drop sequence"})
"""One's own relations. What depends on one goes with it, and none of that keeps anything from being read: row security
goes with its table. A temporary relation that is dropped uncovers what it hid: the session's place is learned anew."""

SETTABLE: Final = frozenset(
    """
    application_name array_nulls backslash_quote bytea_output check_function_bodies
    client_connection_check_interval client_encoding client_min_messages constraint_exclusion
    cpu_index_tuple_cost cpu_operator_cost cpu_tuple_cost cursor_tuple_fraction datestyle deadlock_timeout
    default_statistics_target default_text_search_config default_transaction_deferrable
    default_transaction_isolation default_transaction_read_only effective_cache_size effective_io_concurrency
    enable_async_append enable_bitmapscan enable_gathermerge enable_group_by_reordering enable_hashagg
    enable_hashjoin enable_incremental_sort enable_indexonlyscan enable_indexscan enable_material enable_memoize
    enable_mergejoin enable_nestloop enable_parallel_append enable_parallel_hash enable_partition_pruning
    enable_partitionwise_aggregate enable_partitionwise_join enable_presorted_aggregate enable_seqscan
    enable_sort enable_tidscan escape_string_warning extra_float_digits from_collapse_limit geqo geqo_threshold
    gin_fuzzy_search_limit hash_mem_multiplier idle_in_transaction_session_timeout idle_session_timeout
    intervalstyle jit jit_above_cost jit_inline_above_cost jit_optimize_above_cost join_collapse_limit
    lc_monetary lc_numeric lc_time lock_timeout logical_decoding_work_mem maintenance_work_mem
    max_parallel_maintenance_workers max_parallel_workers max_parallel_workers_per_gather
    min_parallel_index_scan_size min_parallel_table_scan_size parallel_leader_participation parallel_setup_cost
    parallel_tuple_cost plan_cache_mode quote_all_identifiers random_page_cost row_security search_path
    seq_page_cost standard_conforming_strings statement_timeout synchronous_commit tcp_keepalives_count
    tcp_keepalives_idle tcp_keepalives_interval tcp_user_timeout temp_buffers timezone transaction_deferrable
    transaction_isolation transaction_read_only transaction_timeout work_mem xmlbinary xmloption
    commit_siblings createrole_self_grant debug_parallel_query default_table_access_method default_tablespace
    default_toast_compression exit_on_error password_encryption
    synchronize_seqscans
    recursive_worktable_factor stats_fetch_consistency temp_tablespaces transform_null_equals vacuum_cost_delay
    vacuum_cost_limit vacuum_cost_page_dirty vacuum_cost_page_hit vacuum_cost_page_miss wal_skip_threshold
    """.split()  # noqa: SIM905  a list of ninety quoted words is no easier to review
)
"""Settings that change how values look, how long things take and how names are found. client_min_messages is among
them: frameworks set it at every login, and what a restricted reader gets of a notice is decided for each. Not among
them: what makes the server tell more than its messages (debug_print_*, log_*), run other code
(local_preload_libraries).

set_config takes any name, also one that is bound and so unknown here. That shows no more: the settings of which a
statement's meaning depends are asked again after it, as after SET; a tree or a plan that debug_print_* adds to the
messages is a DETAIL, which no restricted reader gets; and a custom setting holds what the client wrote, because
set_config is given no column (analysis/functions.py, STATEFUL)."""


HARMLESS: Final = CONTROL | DEFERRED | SESSION | NOTIFIES | ROLES | UPKEEP | LOCKS | GONE


def allowed(reading: Reading) -> bool:
    """Whether a restricted reader may run a command that has no footprint."""
    match reading.kind:
        case "set":
            return reading.name in SETTABLE or _is_custom(reading.name)
        case "show" | "show all":  # what pg_settings shows; nothing but constants gets into a setting
            return True
        case "create table":
            return reading.bare_temporary
        case "truncate" | "create index":  # of others' tables it runs triggers and expressions, and fails by their rows
            return reading.upkeep and reading.own
        case kind:
            return kind in HARMLESS


def _is_custom(name: str | None) -> bool:
    """A setting with a dot: a place for the client's own words, unless a module reads it. Those that make a module tell
    or run more are for superusers, and what it would tell comes as a message that is scrubbed."""
    return name is not None and "." in name


def may_report_rows(reading: Reading) -> bool:
    """Whether an allowed command's errors may tell of rows that it did not name."""
    return reading.kind in DEFERRED or reading.kind in UPKEEP or reading.own


def holds_literals_of_nobody(reading: Reading) -> bool:
    """Whether what is written in a command cannot be a value of some column."""
    if reading.kind == "set":
        return reading.name in SETTABLE
    return reading.kind in (HARMLESS - NOTIFIES) or reading.kind in ("show", "show all")
