-- The shop of `pgwarden demo`: 10,000 people who do not exist, the same on every run. Fits masking_rules/examples/shop.yaml.
create schema shop;

create table shop.customers (
    id int primary key, name text not null, email text not null, phone text not null, birth_date date not null,
    country text not null, created_at timestamptz not null);
create table shop.payments (
    id int primary key, customer_id int not null, card_number text not null, amount numeric(10, 2) not null,
    paid_at timestamptz not null);
create table shop.orders (
    id int primary key, customer_id int not null, status text not null, total numeric(10, 2) not null,
    ordered_at timestamptz not null);
create table shop.products (id int primary key, title text not null, price numeric(8, 2) not null);

-- No rule names this one: masking_rules/base.yaml knows the column by what it is called.
create table shop.newsletter (email text primary key, since date not null);

-- A number below bound that looks like chance: the same for the same n and salt.
create function pg_temp.chance(n int, salt int, bound int) returns int language sql immutable
    as 'select (pg_catalog.hashint4(n * 64 + salt) & 2147483647) % bound';

create temporary table people (country text, prefix text, first text[], last text[]);
insert into people values
    ('DE', '+49 30', '{Anna,Jürgen,Lena,Paul,Sophie,Felix,Käthe,Max}', '{Müller,Schmidt,Fischer,Weber,Becker,Köhler,Vogel,Brandt}'),
    ('FR', '+33 1', '{Chloé,Hugo,Zoé,Louis,Inès,Jules,Léa,Rémi}', '{Martin,Bernard,Dubois,Moreau,Lefèvre,Girard,Bonnet,Rousseau}'),
    ('IT', '+39 06', '{Giulia,Marco,Sofia,Luca,Chiara,Matteo,Elena,Paolo}', '{Rossi,Russo,Ferrari,Bianchi,Romano,Greco,Conti,Marino}'),
    ('ES', '+34 91', '{Lucía,José,María,Hugo,Carmen,Álvaro,Elena,Iván}', '{García,López,Pérez,Gómez,Ruiz,Díaz,Moreno,Navarro}'),
    ('GB', '+44 20', '{Olivia,Jack,Amelia,Harry,Isla,George,Grace,Oscar}', '{Smith,Jones,Taylor,Brown,Evans,Walker,Wright,Hughes}'),
    ('PL', '+48 22', '{Zofia,Jan,Hanna,Jakub,Maja,Piotr,Lena,Tomasz}', '{Nowak,Kowalski,Wójcik,Mazur,Krawczyk,Zając,Król,Wieczorek}');

insert into shop.customers
select i, first || ' ' || last,
    lower(translate(first || '.' || last, 'äüöéèëïíóúáÁąęłżŁçñ', 'auoeeeiiouaaaelzlcn')) || i
        || (array['@example.com', '@example.net', '@example.org'])[1 + pg_temp.chance(i, 3, 3)],
    prefix || ' ' || 1000000 + pg_temp.chance(i, 4, 9000000),
    date '1945-01-01' + pg_temp.chance(i, 5, 22000), country,
    timestamptz '2021-01-01 00:00Z' + pg_temp.chance(i, 6, 150000000) * interval '1 second'
from generate_series(1, 10000) as i
cross join lateral (
    select country, prefix, first[1 + pg_temp.chance(i, 1, 8)] as first, last[1 + pg_temp.chance(i, 2, 8)] as last
    from people offset pg_temp.chance(i, 0, 6) limit 1) as one;

-- Card numbers of a range that was never issued, with the check digit that a real one has.
insert into shop.payments
select i, customer, body || (10 - sum % 10) % 10, 5 + pg_temp.chance(i, 10, 49500) / 100.0,
    timestamptz '2025-01-01 00:00Z' + pg_temp.chance(i, 11, 31000000) * interval '1 second'
from generate_series(1, 12000) as i
cross join lateral (select 1 + (i * 7919) % 10000 as customer) as who
cross join lateral (
    select '400000' || lpad(pg_temp.chance(customer, 8, 900000000)::text, 9, '0') as body) as card
cross join lateral (
    select sum(case when at % 2 = 0 then digit when digit > 4 then digit * 2 - 9 else digit * 2 end)::int as sum
    from (select at, substr(body, at, 1)::int as digit from generate_series(1, 15) as at) as digits) as luhn;

insert into shop.orders
select i, 1 + (i * 4217) % 10000, (array['new', 'paid', 'sent', 'returned'])[1 + pg_temp.chance(i, 13, 4)],
    5 + pg_temp.chance(i, 14, 49500) / 100.0,
    timestamptz '2025-01-01 00:00Z' + pg_temp.chance(i, 15, 31000000) * interval '1 second'
from generate_series(1, 15000) as i;

insert into shop.products
select i, (array['Small', 'Blue', 'Wooden', 'Folding', 'Bright'])[1 + i % 5] || ' '
    || (array['lamp', 'chair', 'kettle', 'desk', 'basket', 'mirror', 'clock'])[1 + i % 7], 4.90 + i * 3
from generate_series(1, 35) as i;

insert into shop.newsletter
select email, created_at::date from shop.customers where pg_temp.chance(id, 20, 5) = 0;

create view shop.contacts as select id, name as who, email as mail from shop.customers;
create index on shop.payments (customer_id);
analyze;

-- The application owns nothing, and sees everything; the analyst is one through the role that the rules name.
create role analysts;
grant usage on schema shop to public;
grant select on all tables in schema shop to analysts;
