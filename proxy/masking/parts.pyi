from proxy.masking.kernels import ColumnMask

class PartRule:
    """What becomes of one part. text, number: masks of a text and of a numeric; boolean, object: constants in JSON."""

    def __init__(self, text: ColumnMask, number: ColumnMask, boolean: bytes, object: bytes) -> None: ...

class DocumentMask(ColumnMask):
    """How the parts of a column's documents are masked. Made with the arguments of a ColumnMask of constants; cover()
    makes it mask parts instead of everything."""

    def cover(self, form: str, parts: list[tuple[tuple[str, ...], PartRule]], *, ascii: bool) -> None:
        """form: json, jsonb, or scalar: a part as ->> gives it, with the one part (). parts: (keys, PartRule) each; of
        two with the same keys the first counts. ascii: whether only documents in ASCII can be read.
        Raises ValueError: no such form, too many keys, called twice; MemoryError."""
