-- Every protected cell holds a canary: {{text}}, {{#number}}, {{@date}}.
create schema s;
create extension if not exists plpgsql;
create type mood as enum ('sad', 'ok');
create type s.mood2 as enum ('up', 'down');
create type s.address as (street text, zip int);
create domain s.code as text check (value <> '');
create domain s.code2 as s.code;
create table s.people (
  id int primary key, name text not null, city text, active bool default true, mood mood default 'ok', dept int,
  email text, ssn varchar(30) unique, salary numeric, born date, pin int, seen timestamp, photo bytea, meta jsonb,
  doc json, tags text[], span int4range, home s.address, code s.code2, card text,
  loud text generated always as (upper(email)) stored,
  score double precision, big bigint, fixed char(14), uid text,
  constraint no_such check (email <> '{{checkconst}}'), constraint positive check (salary > 0 or salary is null));
create index on s.people (lower(email)) where ssn <> '{{indexconst}}';
create table s.notes (id int primary key, person int references s.people, body text, shown text);
create table s.refs (ssn varchar(30) references s.people (ssn), what text);
create table s.clean (id int primary key, label text, amount int);
create table s.events (id int, kind text, secret text) partition by list (kind);
create table s.events_a partition of s.events for values in ('a');
create table s.events_b partition of s.events default;
create table s.docs (id int, secret text);
create table s.docs_child (extra text) inherits (s.docs);
create view s.v_people as select id, name, email, ssn, salary from s.people;
create view s.v_renamed (a, b, c) as select id, email, ssn from s.v_people;
create view s.v_join as select p.name, n.body, p.email as contact from s.people p join s.notes n on n.person = p.id;
create view s.v_upper as select id, upper(email) as name from s.people;
create view s.v_const as select id, name from s.people where ssn <> '{{viewconst}}';
create view s.v_barrier with (security_barrier) as select id, email from s.people where id > 0;
create view s.v_union as select name as x from s.people union all select email from s.people;
create materialized view s.m_people as select id, name, email, length(email) as size, upper(ssn) as up from s.people;
create view s.v_mat as select * from s.m_people;
create table s.guarded (id int, owner text, secret text);
alter table s.guarded enable row level security;
create policy mine on s.guarded using (secret <> '{{policyconst}}');
create function s.f_sql(i int) returns text language sql stable as 'select email from s.people where id = i';
create function s.f_inline(t text) returns text language sql immutable as 'select t || (select max(email) from s.people)';
create function s.f_plpgsql(i int) returns text language plpgsql as $$ begin return (select email from s.people where id = i); end $$;
create function s.f_secdef(i int) returns text language sql security definer as 'select ssn::text from s.people where id = i';
create function s.f_set() returns setof s.people language sql stable as 'select * from s.people';
create function s.f_table() returns table (n text, e text) language sql stable as 'select name, email from s.people';
create function s.f_out(out e text, out q numeric) language plpgsql as $$ begin select email, salary into e, q from s.people where id = 1; end $$;
create function s.f_record() returns record language sql stable as 'select id, email from s.people limit 1';
create function s.f_dynamic(q text) returns text language plpgsql as $$ declare r text; begin execute q into r; return r; end $$;
create function s.f_echo(t text) returns text language plpgsql immutable as $$ begin return t; end $$;
create function s.f_raise(t text) returns text language plpgsql as $$ begin raise exception '%', t; end $$;
create function s.f_notice(t text) returns int language plpgsql as $$ begin raise notice '%', t; return 1; end $$;
create function s.f_row(s.people) returns text language sql immutable as 'select $1.email';
create function s.f_state(text, text) returns text language sql immutable as 'select coalesce($1, '''') || $2';
create aggregate s.glue (text) (sfunc = s.f_state, stype = text);
create function s.f_left(text, int) returns text language sql immutable as 'select (select email from s.people where id = $2)';
create operator s.=== (leftarg = text, rightarg = int, function = s.f_left);
create type s.wrap as (v text);
create function s.f_wrap(s.address) returns s.wrap language sql immutable as 'select row(($1).street)::s.wrap';
create cast (s.address as s.wrap) with function s.f_wrap;
create procedure s.p_out(inout t text) language plpgsql as $$ begin select email into t from s.people where id = 1; end $$;
create procedure s.p_notice() language plpgsql as $$ begin raise notice '%', (select email from s.people where id = 1); end $$;
create function s.f_cursor() returns refcursor language plpgsql as $$ declare c refcursor := 'made'; begin open c for select email from s.people; return c; end $$;
create table s.wish (id int, note text);
create function s.t_wish() returns trigger language plpgsql as $$ begin
  new.note := (select email from s.people where id = 1); raise notice 'wish %', new.note; return new; end $$;
create trigger t before insert on s.wish for each row execute function s.t_wish();
create table s.wall (id int, t text);
create rule r as on insert to s.wall do also select email from s.people;
create table s.door (id int, t text);
create rule r as on update to s.door do instead select ssn from s.people;
create table s.dflt (id int, t text default s.f_sql(1));
create table s.checked (id int check (s.f_plpgsql(1) <> id::text));
create table s.late (id int, unique (id) deferrable initially deferred);
create sequence s.seq;
create table s.wide as select n as id, 'w' || n as label from generate_series(1, 300) n;
comment on column s.people.email is 'never {{comment1}}';
create statistics s.st (mcv) on email, ssn from s.people;
alter table s.people alter uid set default '{{defaultconst}}';
