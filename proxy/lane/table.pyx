"""The lane's own table: context and template to ruling. Bounded; the least recently asked leave first (clock).

The whole key is compared, not its hash: a collision must never hand out another statement's decision.
"""

from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcmp, memcpy

from proxy.lane.shared cimport drop_ruling, hold_ruling
from proxy.lane.state cimport Ruling
from proxy.lane.verdict cimport Verdict

cdef enum:
    WAYS = 8  # slots that a key may stand in


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


cdef class Table:
    """context, template → Ruling. limit: entries that are kept, rounded up to a power of two; bytes_limit: of their
    keys together."""

    def __cinit__(self, *, Py_ssize_t limit, Py_ssize_t bytes_limit=1 << 26):
        if limit < WAYS:
            raise ValueError("limit: at least 8 entries")
        self.size = WAYS
        while self.size < limit:
            self.size *= 2
        self.limit, self.bytes_limit = limit, bytes_limit
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
            drop_ruling(slot.ruling)
            free(slot.key)
            slot.ruling = NULL
            slot.key = NULL
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
                    return slot.ruling
        return NULL

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
        self.count += 1
        self.held += size

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
