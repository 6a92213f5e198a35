"""The event trigger that tells of DDL at once, in every database that has it: its SQL, and the channel it speaks on."""

from typing import Final

CHANNEL: Final = "pgwarden_catalog"
INSTALL: Final = """\
create schema if not exists pgwarden;
create or replace function pgwarden.catalog_changed() returns event_trigger
    language plpgsql set search_path = pg_catalog, pg_temp as $body$
begin
    if tg_event = 'sql_drop' then
        perform from pg_event_trigger_dropped_objects() where not is_temporary;
    else
        perform from pg_event_trigger_ddl_commands() where schema_name is distinct from 'pg_temp';
    end if;
    if found then
        perform pg_notify('pgwarden_catalog', '');
    end if;
end
$body$;
drop event trigger if exists pgwarden_catalog;
drop event trigger if exists pgwarden_catalog_drop;
create event trigger pgwarden_catalog on ddl_command_end execute function pgwarden.catalog_changed();
create event trigger pgwarden_catalog_drop on sql_drop execute function pgwarden.catalog_changed();
"""
"""To be run by a superuser, in each database. What it sends holds nothing: whoever listens looks for himself."""
REMOVE: Final = """\
drop event trigger if exists pgwarden_catalog;
drop event trigger if exists pgwarden_catalog_drop;
drop function if exists pgwarden.catalog_changed();
"""
INSTALLED: Final = """
select count(*) = 2 from pg_catalog.pg_event_trigger
where evtname in ('pgwarden_catalog', 'pgwarden_catalog_drop') and evtenabled in ('O', 'A')
"""
