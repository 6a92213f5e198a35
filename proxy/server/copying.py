"""COPY TO STDOUT as it is written: relation and columns for the question to the server, options for the masks.

The stream says how many columns it has and whether it is binary; delimiter, quotes and the mark of NULL stand in the
statement alone. So its options are read by PostgreSQL's own tokens, strictly: what is not understood to the last word
has no stream, and a masked COPY without one is refused.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from proxy.catalog.snapshot import Snapshot
from proxy.decide.words import Judgement, Place
from proxy.errors import InvariantBroken
from proxy.masking.copying import BINARY, CSV, TEXT, CopyMask
from proxy.model import Action, Origin
from proxy.server.copy_options import Stream, stream_of
from proxy.template.lexer import TokenText, tokens

_WORD: Final = 6
_NAMES: Final = frozenset({6, 7, 8})
"""Kinds of tokens of proxy.template.lexer: words, quoted names, names with code points."""
_HINT: Final = "Say FORMAT, HEADER, DELIMITER, QUOTE, ESCAPE and FORCE_QUOTE as constants, and NULL in CSV alone."
_FORMS: Final = {"text": TEXT, "csv": CSV, "binary": BINARY}


class CopyText(msgspec.Struct, frozen=True):
    """A COPY TO STDOUT. relation, columns: exactly as written, empty for COPY (query) and where none are named.
    stream: None where an option is not understood."""

    relation: bytes
    columns: bytes
    stream: Stream | None


def copy_text(text: bytes, options: int) -> CopyText | None:
    """Takes a COPY TO STDOUT apart; None where it is none, or is written as we do not understand. options: the
    lexer's."""
    found = tokens(text, options)
    if not found:
        return None
    words = [key_of(text, token) for token in found]
    while words and words[-1] == ";":
        words.pop()
    at = 2 if words[1:2] == ["binary"] else 1
    if words[0] != "copy" or at >= len(words):
        return None
    relation = columns = b""
    if words[at] != "(":
        start, at = at, past_name(found, words, at)
        if at == start:
            return None
        relation = text[found[start].start : found[at - 1].end]
    if words[at : at + 1] == ["("]:
        start, at = at, past_group(words, at)
        if relation:
            columns = text[found[start].end : found[at - 1].start]
    if words[at : at + 1] != ["to"] or words[at + 1 : at + 2] not in (["stdout"], ["stdin"]):
        return None
    rest = [(word, text[token.start : token.end]) for word, token in zip(words, found, strict=False)][at + 2 :]
    return CopyText(relation, columns, stream_of(rest, options, binary=words[1] == "binary"))


def inner_of_copy(text: bytes, options: int) -> bytes | None:
    """The query that COPY TO of a relation is: ONLY, and the columns as written. None where it is none."""
    copied = copy_text(text, options)
    if copied is None or not copied.relation:
        return None
    return b"select " + (copied.columns or b"*") + b" from only " + copied.relation


def carried(judged: Judgement, place: Place, text: bytes, options: int) -> tuple[Judgement, CopyMask | None]:
    """How the masks of a COPY meet its stream; where that is not certain, the judgement refuses."""
    if judged.mask is None or judged.reading.copy is None or judged.decision.action is not Action.ALLOW:
        return judged, None
    copied = copy_text(text, options)
    stream = copied.stream if copied is not None else None
    positions = _positions(judged, place.ground.snapshot, named=copied is None or bool(copied.columns))
    if stream is None or positions is None:
        return refused(judged), None
    mask = CopyMask(
        judged.mask,
        positions,
        form=_FORMS[stream.form],
        header=stream.header,
        force=stream.force,
        delimiter=stream.delimiter,
        quote=stream.quote,
        escape=stream.escape,
        null=stream.null,
    )
    return judged, mask


def refused(judged: Judgement) -> Judgement:
    """The judgement that refuses a masked COPY."""
    decision = replace(
        judged.decision,
        action=Action.REFUSE,
        rule="copy",
        reason="copy",
        message='refused by pgwarden rule "copy"',
        hint=_HINT,
    )
    return replace(judged, decision=decision, mask=None, covered=b"")


def _positions(judged: Judgement, snapshot: Snapshot, *, named: bool) -> Sequence[int] | None:
    """The columns of the query that the stream has: without generated ones where COPY names a relation and no columns
    (manual, "COPY"). None where an output is no column that the catalog knows."""
    if judged.footprint is None or judged.reading.copy is None:
        raise InvariantBroken("a mask without a footprint")
    outputs = judged.footprint.outputs
    if named or judged.reading.copy.relation is None:
        return range(len(outputs))
    generated = [_generated(output.origin, snapshot) for output in outputs]
    if None in generated:
        return None
    return [at for at, hidden in enumerate(generated) if not hidden]


def _generated(origin: Origin, snapshot: Snapshot) -> bool | None:
    """Whether COPY leaves the column out; None where it is not known."""
    columns = origin.direct or origin.sources
    if len(columns) != 1 or origin.opaque:
        return None
    (column,) = columns
    relation = snapshot.relations.get(column.relation)
    known = relation.columns.get(column.attnum) if relation is not None else None
    return None if known is None else bool(known.generated)


def key_of(text: bytes, token: TokenText) -> str:
    """What grammar compares: words folded, marks as they are; empty for names in quotes and literals."""
    if token.kind == _WORD or token.kind > max(_NAMES):
        word = text[token.start : token.end]
        return word.decode("ascii").lower() if word.isascii() else ""
    return ""


def past_name(found: Sequence[TokenText], words: Sequence[str], at: int) -> int:
    """Behind a qualified name; at where there is none."""
    while at < len(words) and found[at].kind in _NAMES:
        at += 1
        if words[at : at + 1] == ["uescape"]:
            at += 2
        if words[at : at + 1] != ["."]:
            return at
        at += 1
    return at


def past_group(words: Sequence[str], at: int) -> int:
    """Behind the group in parentheses that starts here; to the end where it does not close."""
    depth = 0
    while at < len(words):
        depth += (words[at] == "(") - (words[at] == ")")
        at += 1
        if not depth:
            break
    return at
