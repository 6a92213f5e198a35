"""Rule files to the policy room's Rules: several files merge, and every fault has its place."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

from msgspec import UNSET

from proxy.config.decode import MISSING, Decoder, Word
from proxy.config.document import parse_document, read_content
from proxy.config.firewall import build_firewall
from proxy.config.functions import build_trusted
from proxy.config.matching import attempt, names, networks
from proxy.config.problems import Place, Problems, did_you_mean, shown
from proxy.config.rule_file import ClassifyLine, MatchLine, RuleFile, SubjectLine
from proxy.model import Level
from proxy.policy.documents import document_path
from proxy.policy.names import column_pattern, role_pattern
from proxy.policy.rules import ClassifyEntry, Derived, Inference, MaskEntry, Match, OnFlow, Rules, Subject, Writes

MASK: Final = "mask"


def read_rule_files(paths: Sequence[Path], problems: Problems) -> Rules | None:
    """All files together; None where nothing could be put together, which is then among problems."""
    files: list[RuleFile] = []
    digest = hashlib.sha256()
    for path in dict.fromkeys(paths):
        content = read_content(path, problems)
        node = None if content is None else parse_document(content, shown(path), problems)
        file = MISSING if node is None else Decoder(path.absolute().parent, problems).decode(node, RuleFile)
        if file is not MISSING:
            files.append(file)
            digest.update(hashlib.sha256(content or b"").digest())
    if problems.errors or not files:
        return None
    return _Merge(files, problems).rules(digest.hexdigest()[:16])


class _Merge:
    """Puts files together."""

    def __init__(self, files: list[RuleFile], problems: Problems) -> None:
        self._files, self._problems = files, problems
        self._levels = self._agreed_levels()

    def rules(self, version: str) -> Rules:
        subjects = self._subjects()
        return Rules(
            levels=tuple(map(str, self._levels)),
            unclassified=self._unclassified(),
            classify=tuple(tuple(self._classify(file.classify)) for file in self._files),
            masks=MappingProxyType(self._masks()),
            subjects=subjects,
            firewall=build_firewall(self._files, [subject.name for subject in subjects], self._problems),
            on_flow=next((file.on_flow for file in reversed(self._files) if file.on_flow is not UNSET), OnFlow.RAISE),
            trusted=build_trusted((file.functions for file in self._files), self._problems),
            version=version,
            files=tuple(file.place.file for file in self._files),
        )

    def _agreed_levels(self) -> tuple[Word, ...]:
        stated = [file.levels for file in self._files if file.levels is not UNSET]
        if not stated:
            self._problems.error(self._files[0].place, "levels is missing", "For example [public, internal, secret].")
            return ()
        first = stated[0]
        for word, before in zip(first, map(first.index, first), strict=True):
            if first[before] is not word:
                self._problems.error(word.place, f"the level {word} is given twice")
        for other in stated[1:]:
            if other != first:
                hint = f"{first[0].place} has {', '.join(first)}. Leave levels out here, or write the same."
                self._problems.error(other[0].place, "levels differ between the files", hint)
        return first

    def _level(self, word: Word) -> Level:
        """A level by its name; the lowest where there is none of it, which is then among the problems."""
        if word in self._levels:
            return Level(self._levels.index(word))
        if self._levels:
            self._problems.error(word.place, f'"{word}" is not a level', did_you_mean(word, self._levels))
        return Level(0)

    def _unclassified(self) -> Level | None:
        stated = [file.unclassified for file in self._files if file.unclassified is not UNSET]
        if not stated:
            hint = "Say what an unlisted column is: a level, or mask."
            self._problems.error(self._files[-1].place, "unclassified is missing", hint)
            return None
        levels = [None if word == MASK and MASK not in self._levels else self._level(word) for word in stated]
        return levels[-1]

    def _classify(self, lines: Iterable[ClassifyLine]) -> Iterable[ClassifyEntry]:
        for line in lines:
            level = self._level(line.level)
            column = attempt(line.column, column_pattern, self._problems)
            database = None if line.database is None else attempt(line.database, role_pattern, self._problems)
            if line.json is not None:
                attempt(line.json, document_path, self._problems)
            if column is not None:
                json = None if line.json is None else str(line.json)
                yield ClassifyEntry(column, level, str(line.type), json, database, line.on_flow, _short(line.place))

    def _masks(self) -> dict[str, MaskEntry]:
        masks = {
            str(label): MaskEntry(str(label), mask.method, _short(mask.place))
            for file in self._files
            for label, mask in file.masks.items()
        }
        for file in self._files:
            for line in file.classify:
                if line.type not in masks and line.type != "default":
                    hint = did_you_mean(line.type, masks)
                    self._problems.warning(line.type.place, f'no mask is named "{line.type}": default is used', hint)
        return masks

    def _subjects(self) -> tuple[Subject, ...]:
        """In the order of first mention; a later file replaces a subject of the same name in its place."""
        lines: dict[str, SubjectLine] = {}
        for file in self._files:
            here: dict[str, SubjectLine] = {}
            for line in file.subjects:
                if line.name in here:
                    hint = f"{here[line.name].place} has it too."
                    self._problems.error(line.name.place, f'the subject "{line.name}" is given twice', hint)
                here[str(line.name)] = line
            lines |= here
        subjects = tuple(self._subject(line) for line in lines.values())
        self._check_applications(list(lines.values()), subjects)
        self._check_reach(list(lines.values()))
        return subjects

    def _subject(self, line: SubjectLine) -> Subject:
        self._warn_of_what_has_no_effect(line)
        return Subject(
            name=str(line.name),
            match=self._match(line.match),
            clearance=self._level(line.clearance),
            derived=line.derived,
            inference=line.inference.mode,
            opaque=line.opaque,
            writes=line.writes,
            budget=line.inference.allowed,
            top=Level(max(len(self._levels) - 1, 0)),
            place=_short(line.place),
        )

    def _warn_of_what_has_no_effect(self, line: SubjectLine) -> None:
        if line.inference.mode is not Inference.NONE:
            return
        hint = "Write inference: equality, or take it out."
        if line.derived is not Derived.REFUSE:
            what = f"derived: {line.derived.value} has no effect while inference is none: it refuses every expression"
            self._problems.warning(line.name.place, f"{what} over protected columns", hint)
        if line.writes is Writes.ALLOW:
            what = "writes: allow has no effect while inference is none: a unique constraint would tell what is there"
            self._problems.warning(line.name.place, what, hint)

    def _match(self, line: MatchLine) -> Match:
        return Match(
            user=names(line.user, self._problems),
            member_of=names(line.member_of, self._problems),
            database=names(line.database, self._problems),
            application=names(line.application, self._problems),
            network=networks(line.network, self._problems),
        )

    def _check_applications(self, lines: list[SubjectLine], subjects: tuple[Subject, ...]) -> None:
        """The client chooses application_name: who could choose a higher clearance has it anyway."""
        for at, (line, subject) in enumerate(zip(lines, subjects, strict=True)):
            if not subject.match.application:
                continue
            below = [other for other in subjects[at + 1 :] if other.clearance < subject.clearance]
            if below or (subject.clearance > 0 and not _catches_all(lines)):
                who = f'"{below[0].name}" ({below[0].place})' if below else "whoever matches no subject"
                self._problems.error(
                    line.match.application[0].place,
                    f"a client chooses its application name, and {who} would raise its clearance by it",
                    "Match by user, member_of or network.",
                )

    def _check_reach(self, lines: list[SubjectLine]) -> None:
        for line in lines[:-1]:
            if line.match == MatchLine():
                hint = "Put it last: the first that matches wins."
                self._problems.warning(line.name.place, f'no subject behind "{line.name}" is ever reached', hint)
                return


def _catches_all(lines: list[SubjectLine]) -> bool:
    return any(line.match == MatchLine() for line in lines)


def _short(place: Place) -> str:
    return f"{place.file}:{place.line}"
