-- Code of every kind: functions, procedures, aggregates, operators, casts, triggers.
create function s.g_default(i int default 1, t text default '') returns text language sql stable as
  'select email || t from s.people where id = i';
create function s.g_named(a int, out b text, out c text) language sql stable as 'select email, ssn from s.people where id = a';
create function s.g_variadic(variadic a text[]) returns text language sql immutable as 'select array_to_string(a, '','')';
create function s.g_any(anyelement) returns anyelement language sql immutable as 'select $1';
create function s.g_any_rows(anyelement) returns setof anyelement language sql stable as 'select $1 union all select $1';
create function s.g_array(anyarray) returns anyelement language sql immutable as 'select $1[1]';
create function s.g_strict(text) returns text language sql immutable strict as 'select $1';
create function s.g_volatile(int) returns text language sql volatile as 'select email from s.people where id = $1';
create function s.g_over(int) returns text language sql stable as 'select label from s.clean where id = $1';
create function s.g_over(text) returns text language sql stable as 'select email from s.people where id = $1::int';
create function s.g_clean(int) returns text language sql immutable as 'select ($1 + 1)::text';
create function s.g_path(int) returns text language sql stable set search_path = pg_catalog as 'select email from s.people where id = $1';
create function s.g_two(int) returns text language sql stable as 'select label from s.clean where id = $1; select email from s.people where id = $1';
create function s.g_insert(int) returns text language sql as
  'insert into s.audit_log (what) select email from s.people where id = $1 returning what';
create function s.g_scalar(s.people) returns text language plpgsql stable as $$ begin return $1.ssn; end $$;
create function s.g_srf(int) returns setof text language plpgsql stable as
  $$ begin return query select email from s.people where id >= $1; end $$;
create function s.g_loop(int) returns setof record language plpgsql stable as
  $$ declare r record; begin for r in select id, email from s.people loop return next r; end loop; end $$;
create function s.g_type() returns setof s.address language sql stable as 'select home from s.people';
create function s.g_error(text) returns int language plpgsql as
  $$ begin raise exception 'no' using detail = $1, hint = $1, column = $1, constraint = $1, table = $1; end $$;
create function s.g_state(text) returns int language plpgsql as
  $$ begin if $1 > 'r' then raise exception 'x' using errcode = 'P0042'; end if; return 1; end $$;
create function s.g_warn(text) returns text language plpgsql as $$ begin raise warning 'seen' using hint = $1; return 'ok'; end $$;
create function s.g_notify(text) returns int language plpgsql as $$ begin perform pg_notify('chan', $1); return 1; end $$;
create function s.g_set(text) returns int language plpgsql as $$ begin perform set_config('my.g', $1, false); return 1; end $$;
create function s.g_temp(text) returns int language plpgsql as
  $$ begin create temp table g_temp as select $1 as t; return 1; end $$;
create function s.g_cursor(refcursor) returns refcursor language plpgsql as
  $$ begin open $1 for select upper(email) from s.people; return $1; end $$;
create function s.g_quiet(int) returns boolean language plpgsql security definer as
  $$ begin return exists (select 1 from s.people where id = $1 and email > 'r'); end $$;
create function s.g_handler(text) returns text language plpgsql as
  $$ begin perform $1::int; return 'number'; exception when others then return sqlerrm; end $$;
create function s.g_support(text) returns text language internal immutable strict as 'upper';
create function s.upper(text) returns text language sql stable as 'select $1 || (select email from s.people where id = 1)';
create function s.length(text) returns text language sql stable as 'select ssn::text from s.people where id = 1';
create function s.g_plus(text, text) returns text language sql stable as 'select (select email from s.people where id = 1)';
create function s.g_minus(int) returns text language sql stable as 'select email from s.people where id = $1';
create function s.g_same(s.clean, s.clean) returns boolean language sql stable as
  'select exists (select 1 from s.people where id = ($1).id and email > ''r'')';
create operator s.+~+ (leftarg = text, rightarg = text, function = s.g_plus);
create operator s.@@@ (rightarg = int, function = s.g_minus);
create operator s.~~~ (leftarg = s.clean, rightarg = s.clean, function = s.g_same);
create function s.g_cast(s.mood2) returns text language sql stable as 'select email from s.people where id = 1';
create cast (s.mood2 as text) with function s.g_cast as assignment;
create function s.g_trans(text, text) returns text language plpgsql as $$ begin return coalesce($1, '') || $2; end $$;
create function s.g_final(text) returns text language sql stable as 'select email from s.people where id = 1';
create aggregate s.finished (text) (sfunc = s.g_trans, stype = text, finalfunc = s.g_final);
create aggregate s.ordered (order by text) (sfunc = s.g_trans, stype = text);
create procedure s.q_out(in a int, inout b text, inout c text) language sql as 'select email, ssn from s.people where id = a';
create procedure s.q_commit(inout t text) language plpgsql as
  $$ begin commit; select email into t from s.people where id = 1; rollback; end $$;
create procedure s.q_error() language plpgsql as
  $$ begin raise exception '%', (select email from s.people where id = 1) using errcode = '23505'; end $$;
create table s.stored (id int, t text, note text);
create function s.t_before() returns trigger language plpgsql as
  $$ begin new.note := (select ssn from s.people where id = new.id); return new; end $$;
create trigger t_before before update on s.stored for each row execute function s.t_before();
create function s.t_after() returns trigger language plpgsql as
  $$ begin raise notice 'after: %', (select string_agg(email, ',') from s.people); return null; end $$;
create trigger t_after after delete on s.stored for each statement execute function s.t_after();
create table s.moved (id int, t text);
create function s.t_moved() returns trigger language plpgsql as
  $$ begin if tg_op = 'INSERT' then insert into s.audit_log (what) select p.email from fresh f join s.people p using (id);
  else raise exception 'moved' using detail = (select string_agg(email, ',') from s.people); end if; return null; end $$;
create trigger t_moved after insert on s.moved referencing new table as fresh for each statement execute function s.t_moved();
create trigger t_moved2 after update on s.moved for each statement execute function s.t_moved();
create view s.w_trigger as select id, label from s.clean;
create function s.t_instead() returns trigger language plpgsql as
  $$ begin new.label := (select email from s.people where id = 1); return new; end $$;
create trigger t_instead instead of insert or update on s.w_trigger for each row execute function s.t_instead();
create table s.truncated (id int);
create trigger t_truncate before truncate on s.truncated for each statement execute function s.t_after();
create table s.delayed (id int, t text);
create function s.t_delayed() returns trigger language plpgsql as
  $$ begin raise exception '%', (select string_agg(email, ',') from s.people); end $$;
create constraint trigger t_delayed after insert on s.delayed deferrable initially deferred for each row
  execute function s.t_delayed();
create table s.watched (id int, person int, t text);
create function s.t_watched() returns trigger language plpgsql as
  $$ begin if exists (select 1 from s.people where id = new.person and email > 'r') then return null; end if; return new; end $$;
create trigger t_watched before insert on s.watched for each row execute function s.t_watched();
create table s.loud_check (id int, t text check (s.f_notice(t) = 1));
create table s.far_default (id int, t text default (s.g_volatile(1)), n int default length(s.f_sql(1)));
create view s.w_default as select id, t from s.far_default;
alter view s.w_default alter column t set default s.f_sql(2);
create domain s.talking as text check (s.f_notice(value) = 1);
create table s.talks (id int, t s.talking);
