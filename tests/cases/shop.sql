-- The schema that the cases in analysis*.yaml speak of. Runs on 13 to 18.
create schema shop;
set search_path = shop;
create type mood as enum ('new', 'paid', 'sent');
create type address as (street text, city text);
create domain positive as int check (value > 0);
create domain mail as text check (value like '%@%');

create function spy(text) returns boolean language plpgsql immutable as 'begin return true; end';
create function look(text) returns text language plpgsql as 'begin return $1; end';
create function shout(text) returns text language sql immutable as 'select upper($1)';
create function owned(text) returns text language plpgsql security definer as 'begin return $1; end';
create function several(text) returns setof text language plpgsql as 'begin return next $1; end';
create function touch() returns trigger language plpgsql as 'begin return new; end';
create domain spied as text check (shop.spy(value));
create aggregate together(text) (sfunc = textcat, stype = text);
create function same(text, text) returns boolean language plpgsql immutable as 'begin return true; end';
create operator === (leftarg = text, rightarg = text, function = same);

create table customers (id int primary key, name text not null, email text, ssn text, born date, tags text[], meta jsonb,
    home address, active boolean default true, balance numeric(12, 2) check (balance > -1000), notes varchar(50), code char(4));
create table orders (id bigserial primary key, customer_id int references customers on delete cascade, total numeric default 0,
    placed timestamptz default now(), status mood, item text);
create table payments (id int generated always as identity primary key, order_id bigint references orders, card_number text,
    amount positive);
create table staff (id int primary key, boss int, name text, salary int);
create table people (id int, first text, last text, full_name text generated always as (first || ' ' || last) stored);
create table plain (id int unique, a text, b text);
create table partly (id int, a text);
create unique index on partly (id) where a > 'a';
create table checked (id int, v text check (shop.spy(v)));
create table spied_on (id int, v spied);
create table indexed (id int, v text);
create index on indexed (shop.shout(v));
create table logged (id int, v text);
create trigger touch before insert or update on logged for each row execute function touch();
create table parent_of_logged (id int primary key);
create table logged_child (id int references parent_of_logged on delete cascade);
create trigger touch before delete on logged_child for each row execute function touch();
create table ruled (id int, v text);
create table rule_log (v text);
create rule also as on insert to ruled do also insert into shop.rule_log values (new.v);
create table peeked (id int, v text);
create rule peek as on insert to peeked do also select ssn from shop.customers;
create table answering (id int, v text);
create rule answer as on insert to answering do instead select ssn from shop.customers;
create table asking (id int, v text);
create rule ask as on insert to asking do instead (select ssn from shop.customers; select email from shop.customers);
create table silent (id int);
create rule none as on insert to silent do instead nothing;
create table docs (id int, owner text, body text);
alter table docs enable row level security;
alter table docs force row level security;
create policy own on docs using (owner = current_user and id > 7);
create table slots (id int, during tsrange);
create table everything (c shop.customers, o shop.orders[]);

create table events (id int, day date, secret text) partition by range (day);
create table events_2024 partition of events for values from ('2024-01-01') to ('2025-01-01');
create table events_rest (secret text, day date, id int);
alter table events attach partition events_rest default;
create table animals (name text, chip text);
create table dogs (breed text) inherits (animals);

create view v_customers as select id, name, email from customers;
create view v_contacts (number, mail) as select id, email from v_customers where id > 0;
create view v_totals as select c.id, c.name, sum(o.total) as total from customers c join orders o on o.customer_id = c.id group by c.id;
create view v_barrier with (security_barrier) as select id, ssn as reference from customers where active;
create view v_update as select id, email from customers where id < 100 with local check option;
create view v_loud as select id, upper(name) as loud from customers;
create view v_union as select email as contact from customers union all select name from staff;
create view v_instead as select id, v from logged;
create function instead() returns trigger language plpgsql as 'begin return new; end';
create trigger instead instead of insert on v_instead for each row execute function instead();
create materialized view m_mails as select id, lower(email) as mail, ssn from v_customers join customers using (id, name, email);
create materialized view m_over as select mail from m_mails;
create materialized view m_unproven as select id, shout(name) as loud from customers;
