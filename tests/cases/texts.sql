-- SQL bodies that are stored as texts, on top of shop.sql. Runs on 13 to 18.
set search_path = shop;
create function tidy(x text) returns text immutable language sql as 'select pg_catalog.upper(trim(x)) || $1';
create function tidy_too(x text) returns text immutable language sql as $$ select upper(tidy_too.x); -- a comment $$;
create function ssn_of_text(who int) returns text stable language sql as 'select ssn from shop.customers where id = who';
create function has_ssn(guess text) returns boolean stable security definer language sql
    as 'select exists (select from shop.customers c where c.ssn = guess)';
create function view_mail(i int) returns text stable language sql as 'select mail from shop.v_contacts where number = $1';
create function all_pairs() returns table (a int, b text) stable language sql as 'select id, ssn from shop.customers';
create function everybody() returns setof shop.customers stable language sql as 'select * from shop.customers';
create function nested(i int) returns text stable language sql as 'select shop.ssn_of_text(i)';
create function limited(n int) returns setof text stable language sql
    as 'select name from shop.customers order by ssn limit n';
create function shadowed(email text) returns text stable language sql as 'select email from shop.customers limit 1';
create function whole(c text) returns setof text stable language sql as 'select c::text from shop.customers c';
create function composite(c shop.customers) returns text stable language sql as 'select (c).ssn';
-- none of these is proof
create function unqualified(i int) returns text stable language sql as 'select ssn from customers where id = i';
create function of_catalog() returns setof name stable language sql as 'select relname from pg_class';
create function of_catalog_too() returns setof name stable language sql as 'select relname from pg_catalog.pg_class';
create function two() returns text stable language sql as 'select 1; select name from shop.customers';
create function writes() returns int language sql as 'insert into shop.plain (id) values (1) returning id';
create function slashed() returns text stable language sql as $$ select 'a\b' $$;
create function anything(x anyelement) returns anyelement stable language sql as 'select x';
create function rival(x text) returns text stable language sql as 'select reverse(x)';
create function reverse(x varchar) returns text stable language plpgsql as 'begin return 1; end';
create function compares(a int, b int) returns boolean stable language sql as 'select a <> b';
create function unlike(text, int) returns boolean language plpgsql immutable as 'begin return true; end';
create operator <> (leftarg = text, rightarg = int, function = unlike);
create function casts(x text) returns text stable language sql as 'select x::bpchar::text';
create table bpchar (x int);
create function pg_catalog.made_here(x text) returns text immutable language sql as 'select x';
create function calls_made(x text) returns text stable language sql as 'select made_here(x)';
create function spies(x text) returns boolean stable language sql as 'select shop.spy(x)';
set check_function_bodies = off;
create function broken() returns text stable language sql as 'select 1) as x, lateral (select ssn from shop.customers';
create function broken_too() returns text stable language sql as 'select name from shop.customers) as "pgwarden_body" --';
