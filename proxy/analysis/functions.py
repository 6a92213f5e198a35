"""What a function does with its arguments: from the server's catalog, and by reviewed lists where that is silent."""

from enum import Enum
from typing import Final

from proxy.catalog.snapshot import FIRST_NORMAL_OID, Function, Volatility


class Behaviour(Enum):
    """What is proven of a function."""

    CLOSED = "closed"  # returns what its arguments hold, or what is no data; touches nothing
    STATEFUL = "stateful"  # closed, but leaves a trace outside: proven only where its arguments hold no column
    JSON = "json"  # closed where no type has a cast of its own to json
    RECORDS = "records"  # closed where the input functions of its result's types are
    DEFINITION = "definition"  # shows stored definitions: constants in checks, views, indexes, policies
    BODY = "body"  # an SQL body that is walked where it is called (bodies.py)
    OPAQUE = "opaque"


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Each list was made by reading all functions of pg_catalog on 13 to 18 that are not both immutable and internal. What
# is on no list is opaque, and stands with its reason in tests/cases/opaque_functions.yaml: a server's new function is
# opaque, and a test fails until somebody has read it.

TIMES: Final = _names(
    """age clock_timestamp date date_add date_in date_out date_part date_subtract date_trunc extract generate_series
    in_range interval_in interval_out interval_pl_timestamptz make_timestamptz now overlaps statement_timestamp
    time time_in timeofday timestamp timestamp_in timestamp_out timestamptz timestamptz_in
    timestamptz_mi_interval timestamptz_out timestamptz_pl_interval timetz timetz_in timezone to_char to_date
    to_number to_timestamp transaction_timestamp"""
) | frozenset(
    f"{left}_{comparison}_{right}"
    for left, right in (
        ("date", "timestamptz"),
        ("timestamp", "timestamptz"),
        ("timestamptz", "date"),
        ("timestamptz", "timestamp"),
    )
    for comparison in ("cmp", "eq", "ge", "gt", "le", "lt", "ne")
)
INTERVALS: Final = _names(  # written in SQL, immutable
    """bit_length int8pl_inet integer_pl_date interval_pl_date interval_pl_time interval_pl_timestamp
    interval_pl_timetz log log10 lpad numeric_pl_pg_lsn path_contain_pt polygon round rpad substring timedate_pl
    timetzdate_pl trunc xpath xpath_exists"""
)
TEXTS: Final = _names(
    """anyarray_out anytextcat array_out array_to_string cash_in cash_out concat concat_ws convert convert_from
    convert_to enum_first enum_in enum_last enum_out enum_range format length money multirange_out numeric
    oidvectortypes phraseto_tsquery plainto_tsquery quote_literal quote_nullable range_out record_out textanycat
    to_tsquery to_tsvector ts_headline ts_match_tq ts_match_tt ts_parse ts_token_type websearch_to_tsquery xml
    xml_in xml_is_well_formed"""
)
JSON: Final = _names(  # those that call a type's cast to json, where it has one
    """array_to_json json_agg json_agg_strict json_build_array json_build_object json_object_agg json_object_agg_strict
    json_object_agg_unique json_object_agg_unique_strict jsonb_agg jsonb_agg_strict jsonb_build_array
    jsonb_build_object jsonb_object_agg jsonb_object_agg_strict jsonb_object_agg_unique
    jsonb_object_agg_unique_strict row_to_json to_json to_jsonb"""
)
JSON_PATHS: Final = _names(
    """json_to_tsvector jsonb_path_exists_tz jsonb_path_match_tz jsonb_path_query_array_tz jsonb_path_query_first_tz
    jsonb_path_query_tz jsonb_to_tsvector"""
)
SESSION: Final = _names(  # settings hold no column: nothing tainted is let into one
    """current_database current_query current_schema current_schemas current_setting current_user get_current_ts_config
    getdatabaseencoding getpgusername inet_client_addr inet_client_port inet_server_addr inet_server_port
    pg_backend_pid pg_client_encoding pg_conf_load_time pg_current_snapshot pg_current_xact_id
    pg_current_xact_id_if_assigned pg_is_in_recovery pg_jit_available pg_listening_channels pg_my_temp_schema
    pg_numa_available pg_postmaster_start_time pg_show_all_settings pg_trigger_depth pg_xact_status session_user
    system_user txid_current txid_current_if_assigned txid_current_snapshot txid_status version"""
)
REPLICATION: Final = _names(  # how far a server is: pools and drivers choose a replica by it. It tells no value: what
    # writes WAL on behalf of a protected value is refused for the writing
    """pg_current_wal_flush_lsn pg_current_wal_insert_lsn pg_current_wal_lsn pg_get_wal_replay_pause_state
    pg_is_wal_replay_paused pg_last_wal_receive_lsn pg_last_wal_replay_lsn pg_last_xact_replay_timestamp"""
)
NAMES: Final = _names(  # of objects, privileges, sizes: what the catalog says of the schema
    """aclexplode aclitemin aclitemout col_description format_type has_any_column_privilege has_column_privilege
    has_database_privilege has_foreign_data_wrapper_privilege has_function_privilege has_language_privilege
    has_largeobject_privilege has_parameter_privilege has_schema_privilege has_sequence_privilege
    has_server_privilege has_table_privilege has_tablespace_privilege has_type_privilege mxid_age
    obj_description pg_available_extension_versions pg_available_extensions pg_basetype pg_char_to_encoding
    pg_collation_actual_version pg_collation_for pg_collation_is_visible pg_column_compression
    pg_column_is_updatable pg_column_size pg_conversion_is_visible pg_database_collation_actual_version
    pg_database_size pg_describe_object pg_encoding_to_char pg_extension_update_paths pg_filenode_relation
    pg_function_is_visible pg_get_acl pg_get_catalog_foreign_keys pg_get_function_identity_arguments
    pg_get_function_result pg_get_keywords pg_get_object_address pg_get_replica_identity_index
    pg_get_sequence_data pg_get_serial_sequence pg_get_statisticsobjdef_columns pg_get_userbyid pg_has_role
    pg_identify_object pg_identify_object_as_address pg_index_column_has_property pg_index_has_property
    pg_indexam_has_property pg_indexes_size pg_is_other_temp_schema pg_opclass_is_visible pg_operator_is_visible
    pg_opfamily_is_visible pg_options_to_table pg_partition_ancestors pg_partition_root pg_partition_tree
    pg_relation_filenode pg_relation_filepath pg_relation_is_publishable pg_relation_is_updatable
    pg_relation_size pg_sequence_last_value pg_sequence_parameters pg_settings_get_flags
    pg_statistics_obj_is_visible pg_table_is_visible pg_table_size pg_tablespace_databases
    pg_tablespace_location pg_tablespace_size pg_timezone_abbrevs pg_timezone_abbrevs_abbrevs
    pg_timezone_abbrevs_zone pg_timezone_names pg_total_relation_size pg_ts_config_is_visible
    pg_ts_dict_is_visible pg_ts_parser_is_visible pg_ts_template_is_visible pg_type_is_visible pg_typeof
    regclass regclassin regclassout regcollationin regcollationout regconfigin regconfigout regdictionaryin
    regdictionaryout regnamespacein regnamespaceout regoperatorin regoperatorout regoperin regoperout
    regprocedurein regprocedureout regprocin regprocout regrolein regroleout regtypein regtypeout
    row_security_active shobj_description to_regclass to_regcollation to_regnamespace to_regoper to_regoperator
    to_regproc to_regprocedure to_regrole to_regtype to_regtypemod"""
)
INFORMATION_SCHEMA: Final = _names(  # SQL over types and indexes (catalog/information_schema.sql)
    """_pg_char_max_length _pg_char_octet_length _pg_datetime_precision _pg_expandarray _pg_index_position
    _pg_interval_type _pg_numeric_precision _pg_numeric_precision_radix _pg_numeric_scale _pg_truetypid
    _pg_truetypmod"""
)
CHANCE: Final = _names("array_sample array_shuffle currval gen_random_uuid lastval random random_normal uuidv4 uuidv7")
RECORDS: Final = _names(  # make rows of types that somebody chose: closed where those types' input functions are
    """json_populate_record json_populate_recordset json_to_record json_to_recordset jsonb_populate_record
    jsonb_populate_record_valid jsonb_populate_recordset jsonb_to_record jsonb_to_recordset"""
)
SAMPLERS: Final = _names("bernoulli system")
STATEFUL: Final = _names(
    # A sequence, a lock, a seed or a notification may not be given a column: it could be read back elsewhere. Waiting
    # and steering other sessions (which the server itself permits or not) touch no data either, but what is waited
    # for is told by the clock. Beside a protected column all of these are refused wherever they stand (`laundering`):
    # a CASE over it may choose whether they run.
    """nextval pg_advisory_lock pg_advisory_lock_shared pg_advisory_unlock pg_advisory_unlock_all
    pg_advisory_unlock_shared pg_advisory_xact_lock pg_advisory_xact_lock_shared pg_cancel_backend pg_notify
    pg_sleep pg_sleep_for pg_sleep_until pg_terminate_backend pg_try_advisory_lock pg_try_advisory_lock_shared
    pg_try_advisory_xact_lock pg_try_advisory_xact_lock_shared set_config setseed setval"""
)
STATISTICS: Final = frozenset(  # what is written, kept up and connected: reading leaves no trace in these
    f"pg_stat_get_{name}"
    for name in _names(
        """analyze_count autoanalyze_count autovacuum_count backend_activity_start backend_client_addr
        backend_client_port backend_dbid backend_idset backend_pid backend_start backend_userid
        backend_wait_event backend_wait_event_type backend_xact_start bgwriter_stat_reset_time
        checkpointer_stat_reset_time db_checksum_failures db_checksum_last_failure db_conflict_all
        db_conflict_bufferpin db_conflict_lock db_conflict_logicalslot db_conflict_snapshot
        db_conflict_startup_deadlock db_conflict_tablespace db_deadlocks db_numbackends db_sessions
        db_sessions_abandoned db_sessions_fatal db_sessions_killed db_stat_reset_time db_tuples_deleted
        db_tuples_inserted db_tuples_updated db_xact_commit db_xact_rollback ins_since_vacuum
        last_analyze_time last_autoanalyze_time last_autovacuum_time last_vacuum_time live_tuples
        mod_since_analyze progress_info snapshot_timestamp total_analyze_time total_autoanalyze_time
        total_autovacuum_time total_vacuum_time tuples_deleted tuples_hot_updated tuples_inserted
        tuples_newpage_updated tuples_updated vacuum_count wal_senders replication_slot archiver"""
    )
) | _names("pg_blocking_pids pg_get_replication_slots pg_safe_snapshot_blocking_pids")
COUNTERS: Final = frozenset(  # of what was read and run: they tell which branch of a CASE was taken
    f"pg_stat_get_{name}"
    for name in _names(
        """bgwriter_buf_written_checkpoints bgwriter_buf_written_clean bgwriter_maxwritten_clean
        bgwriter_requested_checkpoints bgwriter_timed_checkpoints blocks_fetched blocks_hit buf_alloc
        buf_fsync_backend buf_written_backend checkpoint_sync_time checkpoint_write_time
        checkpointer_buffers_written checkpointer_num_performed checkpointer_num_requested
        checkpointer_num_timed checkpointer_restartpoints_performed checkpointer_restartpoints_requested
        checkpointer_restartpoints_timed checkpointer_slru_written checkpointer_sync_time
        checkpointer_write_time db_active_time db_blk_read_time db_blk_write_time db_blocks_fetched
        db_blocks_hit db_idle_in_transaction_time db_parallel_workers_launched db_parallel_workers_to_launch
        db_session_time db_temp_bytes db_temp_files db_tuples_fetched db_tuples_returned dead_tuples
        function_calls function_self_time function_total_time lastscan numscans tuples_fetched
        tuples_returned xact_blocks_fetched xact_blocks_hit xact_function_calls xact_function_self_time
        xact_function_total_time xact_numscans xact_tuples_deleted xact_tuples_fetched
        xact_tuples_hot_updated xact_tuples_inserted xact_tuples_newpage_updated xact_tuples_returned
        xact_tuples_updated io slru wal"""
    )
)
DEFINITIONS: Final = _names(
    """pg_get_constraintdef pg_get_expr pg_get_function_arg_default pg_get_function_arguments pg_get_function_sqlbody
    pg_get_functiondef pg_get_indexdef pg_get_partition_constraintdef pg_get_partkeydef pg_get_ruledef
    pg_get_statisticsobjdef pg_get_statisticsobjdef_expressions pg_get_triggerdef pg_get_viewdef
    pg_cursor pg_lock_status pg_prepared_statement pg_prepared_xact pg_stat_get_activity"""
)
READING: Final = frozenset({"satisfies_hash_partition"})  # immutable and internal, and yet opens a table by its OID
CLOSED: Final = (
    TIMES
    | INTERVALS
    | TEXTS
    | JSON_PATHS
    | SESSION
    | REPLICATION
    | NAMES
    | STATISTICS
    | INFORMATION_SCHEMA
    | CHANCE
    | SAMPLERS
)
LISTED: Final = {
    name: behaviour
    for names, behaviour in (
        (CLOSED, Behaviour.CLOSED),
        (STATEFUL, Behaviour.STATEFUL),
        (JSON, Behaviour.JSON),
        (RECORDS, Behaviour.RECORDS),
        (DEFINITIONS | COUNTERS, Behaviour.DEFINITION),
        (READING, Behaviour.OPAQUE),
    )
    for name in names
}


def behaviour(function: Function) -> Behaviour:
    """What the server's catalog and the lists above prove of a function."""
    if not is_own(function):
        return Behaviour.OPAQUE
    listed = LISTED.get(function.name)
    if listed is None and function.language == "internal" and function.volatility is Volatility.IMMUTABLE:
        return Behaviour.CLOSED
    return listed or Behaviour.OPAQUE


def is_own(function: Function) -> bool:
    """Whether it came with the server (initdb gave it its OID), and not from somebody who may write to pg_catalog."""
    if function.oid >= FIRST_NORMAL_OID:
        return False
    if function.schema == "information_schema":
        return function.language == "sql" and function.name in INFORMATION_SCHEMA
    return function.schema == "pg_catalog" and function.language in ("internal", "sql")
