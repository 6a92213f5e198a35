"""The lane's own table: context and template to ruling. Bounded; the least recently asked leave first (clock).

The whole key is compared, not its hash: a collision must never hand out another statement's decision.
"""

cimport cython
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcmp, memcpy

from proxy.lane.shared cimport drop_ruling, hold_ruling
from proxy.lane.state cimport Ruling
from proxy.lane.verdict cimport Verdict

cdef enum:
    WAYS = 8  # slots that a key may stand in
    SWEEP = 64  # verdicts that left the table in use, before they are looked at again


cdef unsigned long long mix(unsigned long long h, unsigned long long v) noexcept nogil:
    h = (h ^ v) * 0x9E3779B97F4A7C15ULL
    return h ^ (h >> 29)


cdef unsigned long long hash_key(unsigned long long context, const unsigned char *key, Py_ssize_t size) noexcept nogil:
    """Eight bytes at a step; every byte and the length count."""
    cdef unsigned long long h = mix(context + 0x2545F4914F6CDD1DULL, size)
    cdef unsigned long long word
    cdef Py_ssize_t at = 0
    while size - at >= 8:
        memcpy(&word, key + at, 8)
        h = mix(h, word)
        at += 8
    if at < size:
        word = 0
        memcpy(&word, key + at, size - at)
        h = mix(h, word)
    return h ^ (h >> 32)


@cython.no_gc_clear
cdef class Table:
    """context, template → Ruling. limit: entries that are kept, rounded up to a power of two; bytes_limit: of their
    keys together. Whatever sessions were given from here or by keep() lives as long as they point at it."""

    def __cinit__(self, *, Py_ssize_t limit, Py_ssize_t bytes_limit=1 << 26):
        if limit < WAYS:
            raise ValueError("limit: at least 8 entries")
        self.size = WAYS
        while self.size < limit:
            self.size *= 2
        self.limit, self.bytes_limit = limit, bytes_limit
        self.limbo, self.sweep_at = [], SWEEP
        self.slots = <Slot *> calloc(self.size, sizeof(Slot))
        if self.slots == NULL:
            raise MemoryError

    def __dealloc__(self):
        cdef Py_ssize_t i
        if self.slots == NULL:
            return
        for i in range(self.size):
            self.clear_slot(&self.slots[i])
        free(self.slots)

    cdef void clear_slot(self, Slot *slot) noexcept:
        if slot.ruling != NULL:
            verdict = <Verdict> slot.ruling.verdict
            drop_ruling(slot.ruling)
            if verdict.in_use:
                self.keep(verdict)
            Py_DECREF(verdict)
            free(slot.key)
            slot.ruling = NULL
            slot.key = NULL
            self.changes += 1
            self.count -= 1
            self.held -= slot.size

    cdef Ruling *look_up(self, unsigned long long context, const unsigned char *key, Py_ssize_t size) noexcept nogil:
        """NULL: not known."""
        cdef unsigned long long h = hash_key(context, key, size)
        cdef Py_ssize_t base = h & (self.size - 1) & ~<Py_ssize_t> (WAYS - 1)
        cdef Slot *slot
        cdef int i
        for i in range(WAYS):
            slot = &self.slots[base + i]
            if slot.ruling != NULL and slot.hash == h and slot.context == context and slot.size == size:
                if memcmp(slot.key, key, size) == 0:
                    slot.used = 1
                    self.found = slot
                    return slot.ruling
        return NULL

    cdef Ruling *recall(self, unsigned long long context, int options, const unsigned char *text, Py_ssize_t size) noexcept nogil:
        """What was noted for exactly this text since the table changed last; NULL: nothing. text: with all that a
        Parse says behind its name."""
        cdef Recent *recent
        if size > RECENT_SIZE:
            return NULL
        recent = &self.recent[hash_key(context, text, size) & (RECENT - 1)]
        if recent.ruling == NULL or recent.changes != self.changes or recent.context != context:
            return NULL
        if recent.options != options or recent.size != size or memcmp(recent.text, text, size) != 0:
            return NULL
        recent.slot.used = 1
        return recent.ruling

    cdef void note(self, unsigned long long context, int options, const unsigned char *text, Py_ssize_t size, Ruling *ruling) noexcept nogil:
        """Keeps what look_up has just found for a text, so that the same text need not be read again. It is compared
        whole, like a key, and is good for nothing once any entry has come or gone."""
        cdef Recent *recent
        if size > RECENT_SIZE or self.found == NULL or self.found.ruling != ruling:
            return
        recent = &self.recent[hash_key(context, text, size) & (RECENT - 1)]
        recent.context, recent.changes, recent.options = context, self.changes, options
        recent.ruling, recent.slot, recent.size = ruling, self.found, <int> size
        memcpy(recent.text, text, size)

    def find(self, unsigned long long context, bytes key not None):
        """The verdict under that key, None where there is none."""
        cdef const unsigned char *data = key
        cdef Ruling *ruling = self.look_up(context, data, len(key))
        return <object> ruling.verdict if ruling != NULL else None

    def remember(self, unsigned long long context, bytes key not None, Verdict verdict not None):
        """Places verdict; what stood under that key is replaced."""
        cdef const unsigned char *data = key
        cdef Py_ssize_t size = len(key)
        cdef unsigned long long h = hash_key(context, data, size)
        cdef Py_ssize_t base = h & (self.size - 1) & ~<Py_ssize_t> (WAYS - 1)
        cdef unsigned char *copy = <unsigned char *> malloc(size if size else 1)
        cdef Slot *slot
        if copy == NULL:
            raise MemoryError
        memcpy(copy, data, size)
        slot = self.choose(base, h, context, data, size)
        self.clear_slot(slot)
        self.make_room(size)
        slot.hash, slot.context, slot.size, slot.key, slot.used = h, context, size, copy, 1
        slot.ruling = &verdict.ruling
        hold_ruling(slot.ruling)
        Py_INCREF(verdict)
        self.changes += 1
        self.count += 1
        self.held += size

    cdef int keep(self, Verdict verdict) except -1:
        """Keeps a verdict that a session points at, until none does."""
        self.limbo.append(verdict)
        if len(self.limbo) >= self.sweep_at:
            self.limbo = [each for each in self.limbo if each.in_use]
            self.sweep_at = 2 * len(self.limbo) + SWEEP
        return 0

    cdef void make_room(self, Py_ssize_t size) noexcept:
        """Keys together hold so many bytes and no more: statements may be as long as limits.message."""
        cdef Py_ssize_t tried = 0
        while self.held + size > self.bytes_limit and tried < self.size:
            if self.slots[self.sweep].ruling != NULL:
                self.evicted += 1
                self.clear_slot(&self.slots[self.sweep])
            self.sweep = (self.sweep + 1) & (self.size - 1)
            tried += 1

    cdef Slot *choose(self, Py_ssize_t base, unsigned long long h, unsigned long long context,
                      const unsigned char *key, Py_ssize_t size) noexcept:
        """The slot of the same key, a free one, or one that nobody asked for since the hand came by."""
        cdef Slot *slot
        cdef Slot *unused = NULL
        cdef int i
        for i in range(WAYS):
            slot = &self.slots[base + i]
            if slot.ruling != NULL and slot.hash == h and slot.context == context and slot.size == size:
                if memcmp(slot.key, key, size) == 0:
                    return slot
            elif slot.ruling == NULL:
                unused = slot
        if unused != NULL:
            return unused
        self.evicted += 1
        for i in range(2 * WAYS):
            slot = &self.slots[base + self.hand % WAYS]
            self.hand += 1
            if not slot.used:
                return slot
            slot.used = 0
        return slot

    def forget(self):
        """Empties the table: the rules have changed."""
        cdef Py_ssize_t i
        for i in range(self.size):
            self.clear_slot(&self.slots[i])
