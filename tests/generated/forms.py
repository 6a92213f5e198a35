"""Expressions by the family of their result. <text> stands for an expression of that family, <set:text> for a query
of one column of it, <one:text> for a query of one value, <row> for a whole row, <any> for anything, <n> for a
small number."""

from collections.abc import Mapping
from typing import Final

CONSTANTS: Final[Mapping[str, tuple[str, ...]]] = {
    "text": ("'x'", "'Ann'", "''", "null::text", "U&'\\0061b'", "E'a\\tb'", "$$y$$"),
    "int": ("1", "2", "0", "-3", "null::int"),
    "big": ("1::bigint", "9000000000"),
    "num": ("1.50", "0.0", "1e3"),
    "float": ("1.5::float8", "'NaN'::float8"),
    "bool": ("true", "false", "null::bool"),
    "date": ("date '2020-02-29'", "'infinity'::date"),
    "ts": ("timestamp '2020-02-29 12:00:00'",),
    "jsonb": ("""'{"a": [1, {"b": null}]}'::jsonb""", "'[]'::jsonb"),
    "json": ("""'{"a": 1}'::json""",),
    "texts": ("array['p', 'q']", "'{}'::text[]"),
    "range": ("int4range(1, 5)",),
    "bytea": ("'\\x00ff'::bytea",),
    "address": ("row('road', 1)::s.address",),
    "other": ("null",),
}  # fmt: skip

FORMS: Final[Mapping[str, tuple[str, ...]]] = {
    "text": (
        "upper(<text>)", "<text> || <text>", "coalesce(<text>, <text>)", "case when <bool> then <text> else <text> end",
        "<any>::text", "cast(<int> as varchar(5))", "substr(<text>, <n>)", "left(<text>, <n>)", "reverse(<text>)",
        "md5(<text>)", "nullif(<text>, <text>)", "greatest(<text>, <text>)", "(<jsonb> ->> 'open')",
        "(<jsonb> #>> '{k,deep}')", "(<json> ->> 'd')", "(<texts>)[<n>]", "array_to_string(<texts>, ',')",
        "(<address>).street", "format('%s-%L', <text>, <any>)", "concat(<any>, <any>)", "concat_ws('/', <text>, <any>)",
        "to_char(<date>, 'YYYY')", "to_char(<num>, 'FM999')", "encode(<bytea>, 'hex')", "replace(<text>, 'a', <text>)",
        "lpad(<text>, 5, '*')", "initcap(<text>)", "translate(<text>, 'abc', 'xyz')", "repeat(<text>, 2)",
        "regexp_replace(<text>, '[aeiou]', '-', 'g')", "split_part(<text>, 'a', 1)", "quote_literal(<text>)",
        "<one:text>", "row_to_json(<row>)::text", "<row>::text", "case <text> when <text> then <text> end",
        "<text> collate \"C\"", "overlay(<text> placing 'x' from 2 for 1)", "trim(<text>)", "pg_typeof(<any>)::text",
        "jsonb_extract_path_text(<jsonb>, 'k', 'deep')", "least(<text>, <text>, <text>)", "s.f_inline(<text>)",
        "s.f_echo(<text>)", "(<jsonb>)['open']::text", "xmlelement(name a, <text>)::text", "(array[<text>, <text>])[1]",
        "current_user::text", "convert_from(convert_to(<text>, 'UTF8'), 'UTF8')", "format_type(<int>, null)",
    ),
    "int": (
        "<int> + <int>", "length(<text>)", "coalesce(<int>, <int>)", "case when <bool> then <int> else <int> end",
        "<int> * <n>", "-(<int>)", "abs(<int>)", "<int> % 7", "ascii(<text>)", "extract(year from <date>)::int",
        "position(<text> in <text>)", "(<jsonb> ->> 'open')::int", "array_length(<texts>, 1)", "lower(<range>)",
        "upper(<range>)", "(<address>).zip", "octet_length(<bytea>)", "jsonb_array_length('[1]'::jsonb)", "<one:int>",
        "num_nulls(<any>, <any>)", "<bool>::int", "cardinality(<texts>)", "get_byte(<bytea>, 0)", "hashtext(<text>)",
        "date_part('day', <ts>)::int", "width_bucket(<num>, 0, 10, 5)", "<date> - <date>", "sign(<num>)::int",
        "strpos(<text>, 'a')", "array_position(<texts>, <text>)", "<int> & 15", "nullif(<int>, <int>)", "<int> / 2",
        "<big>::int % 5",
    ),
    "big": ("<int>::bigint", "<big> + <int>", "coalesce(<big>, <int>)", "<one:big>", "<num>::bigint",
            "hashtextextended(<text>, 0)", "abs(<big>)"),
    "num": ("<int>::numeric", "<num> * <int>", "round(<num>, 1)", "<num> / nullif(<num>, 0)", "trunc(<num>)",
            "coalesce(<num>, <num>)", "<float>::numeric", "<one:num>", "extract(epoch from <ts>)",
            "scale(<num>)::numeric", "case when <bool> then <num> else <num> end", "<num> - <num>", "div(<num>, 3)"),
    "float": ("<int>::float8", "<float> + <float>", "sqrt(abs(<float>))", "coalesce(<float>, <num>)", "<one:float>",
              "floor(<float>)", "degrees(<float>)", "<big>::float8"),
    "bool": (
        "<int> = <int>", "<text> = <text>", "<text> is null", "<text> is not null", "not <bool>", "(<bool> and <bool>)",
        "(<bool> or <bool>)", "<text> like '%a%'", "<text> ~ '^[a-m]'", "<int> between 1 and <int>",
        "<int> in (<int>, <int>)", "<text> in <set:text>", "<int> = any <set:int>", "exists <set:any>",
        "<text> <> all <set:text>", "<text> < <text>", "<num> > <num>", "<date> >= <date>", "<jsonb> ? 'k'",
        "<jsonb> @> '{\"open\": 1}'", "<jsonb> @? '$.k.deep'", "<text> = any (<texts>)", "<texts> && <texts>",
        "<int> <@ <range>", "<bool> is true", "<bool> is distinct from <bool>", "(<int>, <text>) = (<int>, <text>)",
        "(<int>, <text>) in <set:int,text>", "(<int>, <text>) < (<int>, <text>)", "<one:bool>", "<address> = <address>",
        "<row> is null", "starts_with(<text>, <text>)", "<ts> > <ts>", "<bytea> = <bytea>", "isempty(<range>)",
        "<any> is not distinct from null", "<text> similar to 'a%'", "<text> ilike 'A%'", "bool(<bool>)",
        "<int> >= <one:int>", "not exists <set:any>", "<row> = <row>",
    ),
    "date": ("<date> + <n>", "coalesce(<date>, <date>)", "<ts>::date", "<one:date>", "greatest(<date>, <date>)",
             "date_trunc('month', <date>)::date", "(<date> + interval '1 day')::date"),
    "ts": ("<date>::timestamp", "<ts> + interval '1 hour'", "date_trunc('year', <ts>)", "coalesce(<ts>, <ts>)",
           "<one:ts>", "make_timestamp(2020, 1, <n>, 0, 0, 0)"),
    "jsonb": ("<jsonb> -> 'k'", "<jsonb> #> '{k,deep}'", "to_jsonb(<any>)",
              "jsonb_build_object('a', <any>, 'b', <any>)", "jsonb_build_array(<any>, <any>)",
              "<jsonb> || <jsonb>", "<jsonb> - 'k'", "to_jsonb(<row>)",
              "<json>::jsonb", "jsonb_set(<jsonb>, '{open}', to_jsonb(<any>))",
              "jsonb_path_query_first(<jsonb>, '$.k.*')",
              "<one:jsonb>", "jsonb_strip_nulls(<jsonb>)", "(<jsonb>)['k']['deep']", "coalesce(<jsonb>, <jsonb>)",
              "jsonb_path_query_array(<jsonb>, '$.open')"),
    "json": ("to_json(<any>)", "json_build_object('a', <any>)", "row_to_json(<row>)", "<jsonb>::json", "<json> -> 'd'",
             "array_to_json(<texts>)", "<one:json>"),
    "texts": ("array[<text>, <text>]", "<texts> || <text>", "(<texts>)[1:1]", "array_append(<texts>, <text>)",
              "string_to_array(<text>, 'a')", "array<set:text>", "array_cat(<texts>, <texts>)",
              "coalesce(<texts>, <texts>)", "array_remove(<texts>, <text>)",
              "regexp_split_to_array(<text>, 'e')", "array[<int>, <int>]::text[]"),
    "range": ("int4range(<n>, 99)", "<range> * <range>", "coalesce(<range>, <range>)"),
    "bytea": ("<text>::bytea", "<bytea> || <bytea>", "sha256(<bytea>)", "convert_to(<text>, 'UTF8')",
              "substr(<bytea>, 2)"),
    "address": ("row(<text>, <int>)::s.address", "coalesce(<address>, <address>)", "(select <address>)"),
    "other": ("<text>", "<int>", "row(<any>, <any>)", "null"),
}  # fmt: skip

AGGREGATES: Final[Mapping[str, tuple[str, ...]]] = {
    "text": ("max(<text>)", "min(<text>)", "string_agg(<text>, ',' order by <text>)", "s.glue(<text>)",
             "array_agg(<any>)::text", "json_agg(<row>)::text", "mode() within group (order by <text>)"),
    "int": ("max(<int>)", "count(*)::int", "count(<any>)::int", "count(distinct <text>)::int", "min(length(<text>))",
            "count(*) filter (where <bool>)::int", "percentile_disc(0.5) within group (order by <int>)",
            "bit_or(<int>)"),
    "big": ("count(*)", "sum(<int>)", "count(<any>)", "max(<big>)"),
    "num": ("sum(<num>)", "avg(<int>)", "max(<num>)"),
    "float": ("avg(<float>)", "stddev(<float>)", "max(<float>)",
              "percentile_cont(0.5) within group (order by <float>)"),
    "bool": ("bool_and(<bool>)", "bool_or(<bool>)", "count(*) > 1", "every(<bool>)"),
    "date": ("max(<date>)", "min(<date>)"),
    "ts": ("max(<ts>)",),
    "jsonb": ("jsonb_agg(<any>)", "jsonb_object_agg(coalesce(<text>, 'k'), <any>)", "jsonb_agg(<row>)"),
    "json": ("json_agg(<any>)", "json_object_agg('k', <any>)"),
    "texts": ("array_agg(<text>)", "array_agg(distinct <text>)"),
}  # fmt: skip

WINDOWS: Final[Mapping[str, tuple[str, ...]]] = {
    "text": ("first_value(<text>) over <w>", "lag(<text>) over <w>", "max(<text>) over <w>",
             "nth_value(<text>, 2) over <w>"),
    "int": ("max(<int>) over <w>", "ntile(2) over <w>", "lead(<int>, 1, 0) over <w>"),
    "big": ("row_number() over <w>", "rank() over <w>", "dense_rank() over <w>", "sum(<int>) over <w>",
            "count(*) over <w>", "count(<any>) filter (where <bool>) over <w>"),
    "num": ("sum(<num>) over <w>", "avg(<int>) over <w>"),
    "float": ("percent_rank() over <w>", "cume_dist() over <w>"),
    "bool": ("bool_or(<bool>) over <w>",),
    "date": ("first_value(<date>) over <w>", "lag(<date>) over <w>"),
    "jsonb": ("jsonb_agg(<any>) over <w>",),
}  # fmt: skip

FRAMES: Final = ("", "rows between 1 preceding and current row", "rows unbounded preceding",
                 "range between unbounded preceding and unbounded following", "groups current row")  # fmt: skip

SETS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("generate_series(1, <n>)", ("int",)),
    ("unnest(<texts>)", ("text",)),
    ("jsonb_each_text(<jsonb>)", ("text", "text")),
    ('jsonb_array_elements_text(\'["a", "b"]\')', ("text",)),
    ("s.f_table()", ("text", "text")),
    ("regexp_split_to_table(<text>, 'a')", ("text",)),
    ("unnest(array[<int>, <int>], array[<text>, <text>])", ("int", "text")),
    ("jsonb_object_keys(<jsonb>)", ("text",)),
    ("rows from (generate_series(1, 2), unnest(<texts>))", ("int", "text")),
)
"""Functions in FROM, and what they give."""
UNEQUAL: Final = frozenset({"json", "other"})
"""Families without an equality operator: not for DISTINCT, GROUP BY, ORDER BY and set operations."""
