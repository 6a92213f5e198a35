-- Of the types of 14.
insert into s.multi values (1, int4multirange(int4range({{#multi1}}, {{#multi1}} + 5)), datemultirange(daterange('{{@multi2}}', null)));
