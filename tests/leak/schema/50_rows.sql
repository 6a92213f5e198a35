-- Every protected cell holds a canary.
insert into s.people (id, name, city, active, mood, dept, email, ssn, salary, born, pin, seen, photo, meta, doc, tags, span, home, code, card,
 score, big, fixed, uid) values
 (1, 'Ann', 'Rome', true, 'ok', 1, '{{email1}}', '{{ssn1}}', {{#salary1}}, '{{@born1}}', {{#pin1}}, '{{@seen1}}', '{{photo1}}',
  '{"k": {"deep": "{{meta1}}"}, "open": 1}', '{"d": "{{doc1}}"}', array['{{tag1}}', 'x'], int4range({{#span1}}, null),
  row('{{street1}}', {{#zip1}}), '{{code1}}', '{{card1}}', {{#score1}}, {{#big1}}, '{{fixed1}}', 'u1'),
 (2, 'Bob', 'Oslo', false, 'sad', 2, '{{email2}}', '{{ssn2}}', {{#salary2}}, '{{@born2}}', {{#pin2}}, '{{@seen2}}', '{{photo2}}',
  '{"k": {"deep": "{{meta2}}"}, "open": 2}', '{"d": "{{doc2}}"}', array['{{tag2}}', 'y'], int4range({{#span2}}, null),
  row('{{street2}}', {{#zip2}}), '{{code2}}', '{{card2}}', {{#score2}}, {{#big2}}, '{{fixed2}}', 'u2');
insert into s.notes values (1, 1, '{{body1}}', 'shown one'), (2, 2, '{{body2}}', 'shown two');
insert into s.clean values (1, 'one', 10), (2, 'two', 20), (3, 'three', 30);
insert into s.events values (1, 'a', '{{event1}}'), (2, 'b', '{{event2}}');
insert into s.docs values (1, '{{doca}}');
insert into s.docs_child values (2, '{{docb}}', 'extra');
insert into s.guarded values (1, 'reader', '{{guard1}}'), (2, 'nobody', '{{guard2}}');
insert into s.door values (1, 'door');
