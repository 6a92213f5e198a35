-- Bodies that the server keeps as trees.
create function s.h_atomic(i int) returns text language sql stable begin atomic select email from s.people where id = i; end;
create function s.h_return(i int) returns text language sql stable return (select ssn::text from s.people where id = i);
create function s.h_clean(i int) returns text language sql stable begin atomic select label from s.clean where id = i; end;
create function s.h_filter(i int) returns text language sql stable
  begin atomic select name from s.people where id = i and email > 'r'; end;
create function s.h_rows() returns setof s.people language sql stable begin atomic select * from s.people; end;
create function s.h_write(i int) returns text language sql
  begin atomic insert into s.audit_log (what) select email from s.people where id = i returning what; end;
create procedure s.h_out(inout t text) language sql begin atomic select email from s.people where id = 1; end;
