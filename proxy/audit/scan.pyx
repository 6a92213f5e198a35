# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""Walks the frames of a segment: for readers without the key, and for the check of the chain with it."""

from libc.string cimport memchr, memcmp, memcpy

from proxy.audit.blake2b cimport Keyed, hash_key
from proxy.audit.frame cimport (
    FRAME_EXTRA, FRAME_HASH, FRAME_HEAD, FRAME_MARK, FRAME_WHOLE, Frame, link_frame, open_frame,
)
from proxy.audit.integers cimport get32


cdef enum:
    SECTOR = 512                  # the least that a disk writes


def entries(bytes data not None, Py_ssize_t start, Py_ssize_t limit=1 << 62):
    """Whole frames from data[start] on, at most limit, as a list of (kind, seq, start, end) and the offset behind them.
    A payload is data[start + 20 : end - 32]. Stops at what is no whole frame. Raises ValueError: start outside 0..n."""
    cdef Frame frame
    cdef Py_ssize_t at = start, end = len(data)
    cdef list found = []
    _check(start, end)
    while len(found) < limit and open_frame(data, at, end, &frame) == FRAME_WHOLE:
        found.append((frame.kind, frame.seq, at, frame.end))
        at = frame.end
    return found, at


def chosen(bytes data not None, Py_ssize_t start, unsigned int kinds):
    """As entries, but only those of some kinds: bit 1 << kind is set."""
    cdef Frame frame
    cdef Py_ssize_t at = start, end = len(data)
    cdef list found = []
    _check(start, end)
    while open_frame(data, at, end, &frame) == FRAME_WHOLE:
        if frame.kind < 32 and (kinds >> frame.kind) & 1:
            found.append((frame.kind, frame.seq, at, frame.end))
        at = frame.end
    return found, at


def state(bytes data not None, Py_ssize_t start):
    """What stands at data[start]: 0 a whole frame, 1 one that reaches past the end, 2 none."""
    cdef Frame frame
    _check(start, len(data))
    return <int>open_frame(data, start, len(data), &frame)


def torn(bytes data not None, Py_ssize_t start, Py_ssize_t stop):
    """Whether what should stand at data[start] was written in part: of the sectors up to stop, one at least holds zeros
    to its end, as before the write. A disk writes sectors whole, in any order. Raises ValueError: not 0 <= start <=
    stop <= n."""
    cdef const unsigned char *text = data
    cdef Py_ssize_t at = start, end = len(data), sector
    _check(start, stop)
    _check(stop, end)
    while at < stop:
        sector = min(end, (at // SECTOR + 1) * SECTOR)
        if _zeros(text, at, sector):
            return True
        at = sector
    return False


cdef bint _zeros(const unsigned char *text, Py_ssize_t start, Py_ssize_t end) noexcept:
    while start < end and text[start] == 0:
        start += 1
    return start == end


def search(bytes data not None, Py_ssize_t start):
    """Offset of the first whole frame at or behind start; -1: none. Costs one checksum for each mark that is met."""
    cdef Py_ssize_t at = start, end = len(data), found = -1
    cdef const unsigned char *text = data
    cdef const void *mark
    cdef Frame frame
    _check(start, end)
    with nogil:
        while at < end:
            mark = memchr(text + at, FRAME_MARK, end - at)
            if mark == NULL:
                break
            at = <const unsigned char *>mark - text
            if open_frame(text, at, end, &frame) == FRAME_WHOLE:
                found = at
                break
            at += 1
    return found


cdef class Links:
    """The keyed side of the check. key: of the chain, 32 bytes."""

    cdef Keyed _keyed

    def __cinit__(self, bytes key not None):
        if len(key) != 32:
            raise ValueError("key: 32 bytes")
        hash_key(&self._keyed, key, 32, FRAME_HASH)

    def walk(self, bytes data not None, Py_ssize_t start, bytes previous not None, unsigned long long seq):
        """Follows the chain from data[start] on, behind the entry numbered seq whose hash is previous (32 bytes), to
        the first frame that is not its next link: (offset, last number, its hash, kind of the last entry or 0).
        Raises ValueError: start outside 0..n. Works without the GIL."""
        cdef Py_ssize_t at = start, end = len(data)
        cdef const unsigned char *text = data
        cdef unsigned char head[32]
        cdef unsigned char link[32]
        cdef Frame frame
        cdef int last = 0
        _check(start, end)
        _head(previous, head)
        with nogil:
            while open_frame(text, at, end, &frame) == FRAME_WHOLE and frame.seq == seq + 1:
                link_frame(&self._keyed, head, text + at, frame.length, link)
                if memcmp(link, text + frame.end - FRAME_HASH, FRAME_HASH) != 0:
                    break
                memcpy(head, link, FRAME_HASH)
                seq += 1
                last = frame.kind
                at = frame.end
        return at, seq, head[:FRAME_HASH], last

    def link(self, bytes data not None, Py_ssize_t start, Py_ssize_t end, bytes previous not None) -> bytes:
        """The hash that data[start:end] would have as the frame behind previous, whatever its checksum says. The
        length in its head is taken as it stands. Raises ValueError: it has no room for a frame."""
        cdef unsigned char head[32]
        cdef unsigned char link[32]
        if not 0 <= start <= end <= len(data) or end - start < FRAME_EXTRA:
            raise ValueError("a frame has at least 52 bytes")
        _head(previous, head)
        link_frame(&self._keyed, head, <const unsigned char *>data + start, end - start - FRAME_EXTRA, link)
        return link[:FRAME_HASH]

    def search(self, bytes data not None, Py_ssize_t start):
        """Offset of the first genuine frame at or behind start: whole, and chained to the 32 bytes before it; -1: none.
        What a client put into a value cannot look like one."""
        cdef Py_ssize_t at = start if start >= FRAME_HASH else FRAME_HASH
        cdef Py_ssize_t end = len(data)
        while (at := search(data, at) if at <= end else -1) >= 0:
            if self._genuine(data, at):
                return at
            at += 1
        return -1

    cdef bint _genuine(self, const unsigned char *data, Py_ssize_t at) noexcept:
        cdef const unsigned char *frame = data + at
        cdef unsigned int length = get32(frame + 4)
        cdef unsigned char link[32]
        link_frame(&self._keyed, frame - FRAME_HASH, frame, length, link)
        return memcmp(link, frame + FRAME_HEAD + length, FRAME_HASH) == 0


cdef int _check(Py_ssize_t start, Py_ssize_t end) except -1:
    if not 0 <= start <= end:
        raise ValueError("start is outside the data")
    return 0


cdef int _head(bytes previous, unsigned char *head) except -1:
    if len(previous) != FRAME_HASH:
        raise ValueError("previous: 32 bytes")
    memcpy(head, <const unsigned char *>previous, FRAME_HASH)
    return 0
