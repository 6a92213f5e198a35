-- What 15 has brought.
create view s.w_invoker with (security_invoker) as select id, email as name from s.w_one p (id, email, other);
create table s.nulls_alike (id int, code text unique nulls not distinct);
