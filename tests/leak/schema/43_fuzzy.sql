-- needs: fuzzystrmatch
create extension fuzzystrmatch;
