"""The journal as the server room asks it: facts by name become the journal's definitions."""

from collections.abc import Mapping

from proxy.audit.facts import SessionFacts, StatementFacts
from proxy.audit.journal import Journal
from proxy.decide.words import Facts, Place


class JournalRecorder:
    """Hands definitions and notes to the journal. instance: this start of this proxy."""

    def __init__(self, journal: Journal, *, instance: str) -> None:
        self._journal, self._instance = journal, instance

    def define_session(self, place: Place, identity: str) -> int:
        """Who executes: once a session."""
        return self._journal.define_session(
            SessionFacts(
                session=identity,
                instance=self._instance,
                user=place.principal.user,
                database=place.database,
                subject=place.subject_name,
                application=place.principal.application,
                client_addr=place.principal.client_addr,
            )
        )

    def release_session(self, reference: int) -> None:
        """The session is over."""
        self._journal.release_session(reference)

    def define_statement(self, facts: Facts, *, sql: str, fingerprint: str, decision: str, rule: str) -> int:
        """What is executed and what was decided: once a decision."""
        return self._journal.define_statement(
            StatementFacts(
                statement_kind=facts.kind,
                sql=sql,
                effects=facts.effects,
                fingerprint=fingerprint,
                relations=facts.relations,
                columns=facts.columns,
                decision=decision,
                rule=rule,
                masked=dict(facts.masked),
                disagreement=(facts.disagreement,) if facts.disagreement else (),
            )
        )

    def release_statement(self, reference: int) -> None:
        """No record will name it again."""
        self._journal.release_statement(reference)

    def note(self, session: int, serial: int, kind: str, facts: Mapping[str, object]) -> None:
        """Something that belongs to one record."""
        self._journal.note(session, serial, kind, facts)
