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
    """.split()  # noqa: SIM905  a list of ninety quoted words is no easier to review
)
"""Settings that change how values look, how long things take and how names are found. client_min_messages is among
them: frameworks set it at every login, and what a restricted reader gets of a notice is decided for each. Not among
them: what makes the server tell more than its messages (debug_*, log_*), run other code (local_preload_libraries,
default_table_access_method) or take another role (role, session_authorization)."""


def allowed(reading: Reading) -> bool:
    """Whether a restricted reader may run a command that has no footprint."""
    match reading.kind:
        case "set":
            return reading.name in SETTABLE
        case "show":
            return reading.name is not None and "." not in reading.name  # settings with a dot are anybody's to fill
        case kind:
            return kind in CONTROL or kind in DEFERRED or kind in SESSION


def may_report_rows(reading: Reading) -> bool:
    """Whether an allowed command's errors may tell of rows that it did not name."""
    return reading.kind in DEFERRED


def holds_literals_of_nobody(reading: Reading) -> bool:
    """Whether what is written in a command cannot be a value of some column."""
    if reading.kind == "set":
        return reading.name in SETTABLE
    return reading.kind in CONTROL or reading.kind in SESSION or reading.kind in DEFERRED or reading.kind == "show"
