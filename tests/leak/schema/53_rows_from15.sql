-- Of the relations of 15.
insert into s.nulls_alike values (1, {{?null|'{{nulls1}}'}}), (2, '{{nulls2}}');
