-- The same in the other relations and types. Of {{?one|other}} one world has the first, its twin the other.
insert into s.ledger values (1, '2019-05-05', 'eu', 'u1', '{{ledger1}}', {{#amount1}}), (2, '2021-05-05', 'eu', 'u2', '{{ledger2}}', {{#amount2}}),
  (3, '2022-05-05', 'eu', 'u3', '{{ledger3}}', {{#amount3}}), (4, '2023-05-05', 'us', 'u4', '{{ledger4}}', {{#amount4}});
insert into s.hashed values (1, '{{hashed1}}'), (2, '{{hashed2}}'), (3, '{{hashed3}}'), (4, '{{hashed4}}');
insert into s.by_secret values (1, '{{by1}}'), (2, '{{by2}}');
insert into s.mother values (1, '{{hers1}}');
insert into s.father values (1, '{{his1}}');
insert into s.child values (2, '{{hers2}}', 2, '{{his2}}', '{{own2}}');
insert into s.grandchild values (3, '{{hers3}}', 3, '{{his3}}', '{{own3}}');
insert into s.dropped values (1, '{{drop1}}', 'kept');
insert into s.blanks values (1, 'a', {{?null|'{{blank1}}'}}, {{?5|null}}, {{?true|false}}, array['{{blist1}}'{{?|, 'more'}}], '{"k": "{{bdoc1}}"{{?|, "more": 1}}}'),
  (2, 'b', {{?'{{blank2}}'|null}}, {{?null|7}}, {{?false|null}}, {{?null|'{}'}}, {{?null|'{}'}}), (3, 'c', '{{blank3}}{{?longer|}}', {{?-1|1}}, {{?null|true}}, '{x}', '[]');
insert into s.numbered (secret) values ('{{num1}}'), ('{{num2}}');
insert into s.keyed values ('{{key1}}', 'one'), ('{{key2}}', 'two');
insert into s.pointing values (1, '{{key1}}');
insert into s.excluded values (1, '{{excl1}}', int4range({{#lower1}}, {{#lower1}} + 5));
insert into s.unique_pair values (1, '{{pair1}}', 1), (2, '{{pair2}}', 2);
insert into s.papers values
  (1, 'first', '{"ward": "west", "patient": {"ssn": "{{paper1}}", "age": 44, "tags": ["{{ptag1}}", "y"]}, "list": [{"ssn": "{{plist1}}", "n": 1}]}', '{"name": "{{sheet1}}", "page": 7}'),
  (2, 'second', '{"ward": "east", "patient": {"ssn": "{{paper2}}", "age": 55, "tags": []}, "list": []}', '{"name": "{{sheet2}}", "page": 8}'),
  (3, 'third', '{"ward": "north", "patient": [{"ssn": "{{paper3}}"}, {"ssn": "{{paper4}}"}]}', '{"n\u0061me": "{{sheet3}}", "name": "{{sheet4}}", "page": 9}');
insert into s."Odd {name}" values (1, '{{odd1}}', '{{odd2}}', '{{odd3}}', '{{odd4}}', '{{odd5}}', '{{odd6}}', '{{odd7}}');
insert into s.typed values (1, '{{typed1}}');
insert into s.unlogged values (1, '{{unlog1}}');
insert into s.tenants values (1, 'a', '{{tenant1}}', 'both'), (2, 'b', '{{tenant2}}', 'none'), (3, 'c', '{{tenant3}}', 'none');
insert into s.stored values (1, 'a', null), (2, 'b', null);
insert into s.spare values (1, 'spare', 1, '2001-01-01', '{}', '', true);
insert into s.types values (1, 'open', '{{tdomain1}}', {{#tpos1}}, row('{{thome1}}', {{#thome2}})::s.address, array['{{ttexts1}}'],
  (enum_range(null::s.kind))[{{?2|3}}], row('{{tcard1}}', {{#tcard2}}, '{{@tcard3}}')::s.card_data,
  array[row('{{tcards1}}', {{#tcards2}}, '{{@tcards3}}')::s.card_data, row('b', 1, null)::s.card_data],
  row('{{tnest1}}', row('{{tnest2}}', 1, null), array[row('{{tnest3}}', 2, null)::s.card_data])::s.nested, int4range({{#trange1}}, null),
  daterange('{{@tdays1}}', null), s.textrange('{{trange2}}', null), '{"a": {"b": ["{{tjson1}}"]}}', '{"a": {"b": ["{{tjsonb1}}"]}}',
  '{{tbytea1}}', to_tsvector('simple', '{{ttsv1}} other'), to_tsquery('simple', '{{ttsq1}} & x'), '0.0.0.0'::inet + {{#tinet1}},
  md5('{{tuuid1}}')::uuid, {{#tbit1}}::bit(32), {{#tmoney1}}::int::money, {{#tbig1}}, {{#tnum1}}.25, '{{@tstamp1}}', point({{#tpoint1}}, {{#tpoint2}}),
  path(polygon(box(point({{#tpath1}}, 0), point(0, 0)))), '{{tname1}}', {{#toid1}}, pg_lsn('0/' || upper(to_hex({{#tlsn1}}))),
  array['{{tlist1}}', '{{tlist2}}'], array[{{#tints1}}, 2], array[['{{tmat1}}', 'b'], ['c', '{{tmat2}}']], '$."{{tpath2}}" ? (@ > 1)',
  array['{{@tdates1}}'::date], make_interval(days => {{#tival1}}), array['{"x": "{{tjsons1}}"}'::jsonb], array[row('{{thomes1}}', 5)::s.address]);
insert into s.repeats select n, '{{repeat1}}' from generate_series(1, 30) n union all select n, '{{repeat2}}' from generate_series(31, 50) n;
