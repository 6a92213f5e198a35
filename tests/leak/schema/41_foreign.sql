-- needs: postgres_fdw
create extension postgres_fdw;
create server here foreign data wrapper postgres_fdw options (host '127.0.0.1', dbname 'nowhere', port '1');
create user mapping for public server here options (user 'strict', password '{{mapping1}}');
create foreign table s.far_people (id int, name text, email text) server here options (schema_name 's', table_name 'people');
