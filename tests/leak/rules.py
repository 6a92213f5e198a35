"""The rules of the stage: the readers see nothing protected, whoever else sees all."""

from typing import Any, Final

import yaml

PROTECTED: Final = {
    "people": "email ssn salary born pin seen photo meta doc tags span home code card score big fixed uid",
    "notes": "body", "refs": "ssn", "events": "secret", "docs": "secret", "guarded": "secret",
    "ledger": "owner secret amount", "hashed": "secret", "by_secret": "secret", "mother": "hers", "father": "his",
    "child": "own", "dropped": "secret", "blanks": "maybe number flag list doc", "numbered": "secret", "keyed": "code",
    "pointing": "code", "excluded": "code span", "unique_pair": "code", "typed": "secret", "unlogged": "secret",
    "tenants": "secret", "repeats": "secret",
    "types": "a_domain a_positive a_home a_texts a_enum a_card a_cards a_nested a_range a_days a_textrange a_json "
             "a_jsonb a_bytea a_tsv a_tsq a_inet a_uuid a_bit a_money a_big a_num a_stamp a_point a_path a_name a_oid "
             "a_lsn a_list a_ints a_matrix a_jsonpath a_days_list a_interval a_jsons a_homes",
}  # fmt: skip
ODD: Final = ('with "quotes"', "back\\slash", ":relid 1234", "} {VAR :varno 1", "sele ct", "überzug", "select")
PROTECTED_FROM: Final = {
    "from14": {"multi": "a_multi a_days"}, "from15": {"nulls_alike": "code"}, "from18": {"virtual": "secret"},
    "hstore": {"stores": "tags"}, "xml": {"markup": "body"}, "postgres_fdw": {"far_people": "email"},
}  # fmt: skip
JSON: Final = (("paper", "$.patient.ssn"), ("paper", "$.patient.tags"), ("paper", "$.list[*].ssn"), ("sheet", "$.name"))
CLEAN: Final = {
    "people": "id name city active mood dept", "notes": "id person shown", "clean": "id label amount",
    "events": "id kind", "docs": "id", "guarded": "id owner", "refs": "what", "wide": "id label",
    "v_people": "id name", "m_people": "id name", "docs_child": "extra", "late": "id", "wall": "id t",
    "wish": "id note", "ledger": "id at region", "hashed": "id", "by_secret": "id", "mother": "id", "father": "number",
    "blanks": "id open", "spare": "id label number stamp data raw flag", "papers": "id title", "types": "id open",
    "stored": "id t note", "tenants": "id tenant open", "w_clean": "id label", "m_clean": "id label",
}  # fmt: skip
WAYS: Final = {
    "strict": {"derived": "refuse", "inference": "none", "opaque": "refuse"},
    "dba": {"derived": "refuse", "inference": "none", "opaque": "refuse"},
    "shaper": {"derived": "mask", "inference": "none", "opaque": "mask"},
    "wary": {"derived": "mask", "inference": "equality", "opaque": "refuse"},
    "lenient": {"derived": "mask", "inference": "open", "opaque": "mask"},
    "sparer": {"derived": "mask", "inference": "open", "opaque": "mask"},
    "masked": {"derived": "null", "inference": "open", "opaque": "mask"},
}  # fmt: skip
MASKS: Final = {
    "email": {"method": "email"}, "card": {"method": "partial", "keep_last": 4}, "default": {"method": "auto"},
    "constant": {"method": "redact"},
}  # fmt: skip


def protected(has: frozenset[str]) -> list[tuple[str, str]]:
    """Table and column of everything that is classified as a whole, on a server that has this."""
    tables = [PROTECTED, *(those for what, those in PROTECTED_FROM.items() if what in has)]
    plain = [(table, one) for those in tables for table, columns in those.items() for one in columns.split()]
    return [*plain, *(("Odd {name}", one) for one in ODD)]


def rules(has: frozenset[str], *, unclassified: str) -> str:
    """One file of rules. In the twins every mask is a constant, so that nothing there tells of a value."""
    subjects: list[dict[str, Any]] = [
        {"name": name, "match": {"user": name}, "clearance": "public", **way} for name, way in WAYS.items()
    ]
    return yaml.safe_dump({
        "version": 1, "levels": ["public", "secret"], "classify": _classify(has, unclassified),
        "unclassified": unclassified, "masks": MASKS,
        "subjects": [*subjects, {"name": "everyone", "match": {}, "clearance": "secret"}],
    })  # fmt: skip


def _classify(has: frozenset[str], unclassified: str) -> list[dict[str, str]]:
    lines: list[dict[str, str]] = []
    for table, column in protected(has):
        name = {"column": f"s.{_quoted(table)}.{_quoted(column)}", "level": "secret"}
        sort = column if column in ("card", "email") else "plain"
        lines += [{**name, "type": "constant", "database": twin} for twin in ("twin_a", "twin_b")]
        lines += [{**name, "type": sort}]
    for column, path in JSON:
        part = {"column": f"s.papers.{column}", "json": path, "level": "secret"}
        lines += [{**part, "type": "constant", "database": twin} for twin in ("twin_a", "twin_b")]
        lines += [{**part, "type": "plain"}]
    if unclassified == "mask":
        lines += [
            {"column": f"s.{table}.{column}", "level": "public"}
            for table, columns in CLEAN.items()
            for column in columns.split()
        ]
    return lines


def _quoted(name: str) -> str:
    return name if name.isidentifier() and name.islower() else '"' + name.replace('"', '""') + '"'
