-- needs: dblink
create extension dblink;
