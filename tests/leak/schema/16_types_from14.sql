-- What 14 has brought.
create table s.multi (id int, a_multi int4multirange, a_days datemultirange);
