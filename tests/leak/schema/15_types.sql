-- Types of every kind, with one table that has a column of each.
create type s.kind as enum ('low', '{{kind1}}', '{{kind2}}', 'high');
create domain s.positive as bigint check (value > 0);
create domain s.address_domain as s.address check ((value).zip > 0 or value is null);
create domain s.texts_domain as text[];
create type s.card_data as (holder text, number bigint, expiry date);
create type s.nested as (title text, card s.card_data, cards s.card_data[]);
create type s.textrange as range (subtype = text, collation = "C");
create type s.file_card as (number int, secret text);
create table s.types (id int primary key, open text, a_domain s.code2, a_positive s.positive, a_home s.address_domain,
  a_texts s.texts_domain, a_enum s.kind, a_card s.card_data, a_cards s.card_data[], a_nested s.nested, a_range int4range,
  a_days daterange, a_textrange s.textrange, a_json json, a_jsonb jsonb, a_bytea bytea, a_tsv tsvector, a_tsq tsquery,
  a_inet inet, a_uuid uuid, a_bit bit varying, a_money money, a_big bigint, a_num numeric(16, 2), a_stamp timestamptz,
  a_point point, a_path path, a_name name, a_oid oid, a_lsn pg_lsn, a_list text[], a_ints int[], a_matrix text[][],
  a_jsonpath jsonpath, a_days_list date[], a_interval interval, a_jsons jsonb[], a_homes s.address[]);
