"""What the rules say a column is: the first entry inside a file, the highest level across files."""

from collections.abc import Iterable

from proxy.model import Classified
from proxy.policy.documents import document_path
from proxy.policy.rules import ClassifyEntry, Rules


class Classifier:
    """Answers for one database. It remembers which entries fit a column's name, since names repeat."""

    def __init__(self, rules: Rules, database: str) -> None:
        self._files = [_File(entries, database) for entries in rules.classify]
        self._by_name: dict[str, list[list[ClassifyEntry]]] = {}
        self.used: set[ClassifyEntry] = set()
        """The entries that matched a column so far; `check` reports the others."""

    def entry_for(self, schema: str, table: str, column: str) -> ClassifyEntry | None:
        """The entry that decides about a column, by its real names; None: it is unclassified. Of a document it is the
        highest for the whole or for a part."""
        spoken = [self._in_file(entries, schema, table) for entries in self._candidates(column)]
        found = [entry for entry in spoken if entry is not None]
        return max(found, key=lambda entry: entry.level, default=None)

    def whole_for(self, schema: str, table: str, column: str) -> ClassifyEntry | None:
        """The entry that says what a column is besides the parts of its documents."""
        fitting = [self._fitting(entries, schema, table) for entries in self._candidates(column)]
        spoken = [next((entry for entry in entries if entry.json is None), None) for entries in fitting]
        return max((entry for entry in spoken if entry is not None), key=lambda entry: entry.level, default=None)

    def parts_for(self, schema: str, table: str, column: str) -> tuple[ClassifyEntry, ...]:
        """The entries for parts of its documents, wherever they stand in a file: of the same part the first inside a
        file, the highest across files."""
        found: dict[tuple[str, ...], ClassifyEntry] = {}
        for entries in self._candidates(column):
            here: dict[tuple[str, ...], ClassifyEntry] = {}
            for entry in self._fitting(entries, schema, table):
                if entry.json is not None:
                    self.used.add(entry)
                    here.setdefault(document_path(entry.json), entry)
            for keys, entry in here.items():
                if keys not in found or found[keys].level < entry.level:
                    found[keys] = entry
        return tuple(found.values())

    def classified(self, schema: str, table: str, column: str) -> Classified | None:
        """The same in the words of the model."""
        entry = self.entry_for(schema, table, column)
        return None if entry is None else Classified(entry.level, entry.type, entry.place)

    @staticmethod
    def _fitting(entries: Iterable[ClassifyEntry], schema: str, table: str) -> list[ClassifyEntry]:
        return [one for one in entries if one.column.table.matches(table) and one.column.schema.matches(schema)]

    def _candidates(self, column: str) -> list[list[ClassifyEntry]]:
        if (known := self._by_name.get(column)) is None:
            known = self._by_name[column] = [file.named(column) for file in self._files]
        return known

    def _in_file(self, entries: Iterable[ClassifyEntry], schema: str, table: str) -> ClassifyEntry | None:
        """The first entry that means the whole column, unless one for a part of it, wherever it stands, is higher."""
        best: ClassifyEntry | None = None
        whole = False
        for entry in self._fitting(entries, schema, table):
            if entry.json is None and whole:
                continue
            whole |= entry.json is None
            self.used.add(entry)
            if best is None or entry.level > best.level:
                best = entry
        return best


class _File:
    """One file's entries, found by the column's name."""

    def __init__(self, entries: Iterable[ClassifyEntry], database: str) -> None:
        here = [entry for entry in entries if entry.database is None or entry.database.matches(database)]
        self._order = {id(entry): place for place, entry in enumerate(here)}
        self._patterns = [entry for entry in here if entry.column.column.word is None]
        self._words: dict[str, list[ClassifyEntry]] = {}
        for entry in here:
            if entry.column.column.word is not None:
                self._words.setdefault(entry.column.column.word, []).append(entry)

    def named(self, column: str) -> list[ClassifyEntry]:
        """The entries whose column part fits, in the order written."""
        fitting = [entry for entry in self._words.get(column.lower(), ()) if entry.column.column.matches(column)]
        fitting += [entry for entry in self._patterns if entry.column.column.matches(column)]
        return sorted(fitting, key=lambda entry: self._order[id(entry)])
