-- What 18 has brought.
create table s.virtual (id int, secret text, shout text generated always as (upper(secret)) virtual,
  size int generated always as (length(secret)) virtual);
create view s.w_virtual as select id, shout as name from s.virtual;
