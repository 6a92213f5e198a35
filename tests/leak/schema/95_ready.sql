-- When the rows are there.
refresh materialized view s.m_people;
refresh materialized view s.m_group;
refresh materialized view s.m_on_view;
refresh materialized view s.m_clean;
refresh materialized view s.m_paper;
grant create, temporary on database DATABASE to readers;
alter database DATABASE set search_path = s, public;
select lo_from_bytea(4242, '{{large1}}');
grant select, update on large object 4242 to readers;
analyze s.people;
analyze s.notes;
analyze s.blanks;
analyze s.types;
analyze s.tenants;
analyze s.repeats;
