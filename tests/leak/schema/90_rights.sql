-- Last, when everything is there.
grant usage, create on schema s, public to readers;
grant select, insert, update, delete, references, trigger on all tables in schema s to readers;
grant all on all sequences in schema s to readers;
alter default privileges in schema s grant all on tables to readers;
