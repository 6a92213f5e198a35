-- needs: hstore
create extension hstore;
create table s.stores (id int, tags hstore);
