-- needs: xml
insert into s.markup values (1, '<a b="{{xmlattr1}}"><c>{{xml1}}</c></a>');
