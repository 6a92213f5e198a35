-- needs: tablefunc
create extension tablefunc;
