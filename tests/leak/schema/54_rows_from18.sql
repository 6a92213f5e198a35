-- Of the relations of 18.
insert into s.virtual values (1, '{{virtual1}}'), (2, '{{virtual2}}');
