-- needs: xml
create table s.markup (id int, body xml);
