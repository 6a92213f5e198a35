-- needs: hstore
insert into s.stores values (1, hstore('k', '{{store1}}') || hstore('open', 'yes')), (2, hstore('{{store2}}', 'v'));
