-- needs: pg_trgm
create extension pg_trgm;
