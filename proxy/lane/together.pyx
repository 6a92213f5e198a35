"""What the sessions of one lane have in common: tables, limits, counters, and room to look at one frame."""

cimport cython
from libc.stdlib cimport free

from proxy.audit.spool cimport Spool
from proxy.lane.state cimport AUDIT_OFF
from proxy.lane.table cimport Table
from proxy.observe.histogram cimport BUCKETS

STATEMENT_OUTCOMES = ("allowed", "masked", "refused", "failed")


@cython.no_gc_clear
cdef class Shared:
    """What the sessions of one lane have in common. moves, answers: proxy.relay's tables, packed. spool: None where
    nothing is recorded. audit: 0 off, 1 async, 2 durable. Limits in bytes."""

    def __cinit__(self, *, bytes moves not None, bytes answers not None, Table table not None, Spool spool,
                  int audit, Py_ssize_t buffer_limit, Py_ssize_t message_limit, Py_ssize_t tap_limit):
        if len(moves) != 7 * 32 or len(answers) != 9 * 256:
            raise ValueError("moves and answers: the packed tables of proxy.relay")
        if spool is None and audit != AUDIT_OFF:
            raise ValueError("spool: needed where statements are recorded")
        self.moves, self.answers, self.table, self.spool = moves, answers, table, spool
        self.audit, self.buffer_limit, self.message_limit = audit, buffer_limit, message_limit
        self.tap_limit = tap_limit

    def __dealloc__(self):
        free(self.work.key.data)

    def counts(self) -> dict:
        """The counters, by name, for the metrics."""
        cdef int i
        c = self.counters
        return {
            "statements": {name: c.statements[i] for i, name in enumerate(STATEMENT_OUTCOMES)},
            "rows": c.rows,
            "rows_masked": c.rows_masked,
            "cells_masked": c.cells_masked,
            "bytes_from_client": c.bytes_from_client,
            "bytes_from_server": c.bytes_from_server,
            "bytes_to_client": c.bytes_to_client,
            "bytes_to_server": c.bytes_to_server,
            "cache_hits": c.cache_hits,
            "cache_misses": c.cache_misses,
            "probes": c.probes,
            "scrubbed": c.scrubbed,
            "convicted": c.convicted,
            "added_request": ([c.added[0].counts[i] for i in range(BUCKETS)], c.added[0].total_ns / 1e9),
            "added_reply": ([c.added[1].counts[i] for i in range(BUCKETS)], c.added[1].total_ns / 1e9),
        }
