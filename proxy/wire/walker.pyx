# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""How far a chunk of frames may be forwarded unseen. Source: manual, "Message Formats"."""

cdef Py_ssize_t MIN_LENGTH = 4           # the length word counts itself
cdef Py_ssize_t MAX_LENGTH = 0x3ffffffe  # MaxAllocSize - 1, the server's own limit (pqcomm.h)


cdef Py_ssize_t frame_length(const unsigned char *header) noexcept nogil:
    """The length word at header[1:5], which the caller has checked to be there. 0..0xffffffff, widened before any sum."""
    return (
        (<Py_ssize_t>header[1] << 24) | (<Py_ssize_t>header[2] << 16) | (<Py_ssize_t>header[3] << 8) | <Py_ssize_t>header[4]
    )


cdef WalkEnd walk_frames(
    const unsigned char *data,
    Py_ssize_t start,
    Py_ssize_t end,
    const unsigned char *stops,
    Py_ssize_t limit,
    Py_ssize_t *at,
) noexcept nogil:
    """Walks whole frames from data[start] on and stores in at where it ended: the offset of the first frame that is
    incomplete, stops or is bad. data holds at least end bytes, 0 <= start <= end; start is a frame's offset.
    stops (256,): not zero where a type needs a decision. limit: largest length word taken, in bytes."""
    cdef Py_ssize_t length, here = start
    cdef WalkEnd why = WALK_HEADER
    while end - here >= 5:  # a whole header; nothing below reads past it
        length = frame_length(data + here)
        if length < MIN_LENGTH or length > limit:
            why = WALK_BAD
            break
        if length > end - here - 1:
            why = WALK_CUT
            break
        if stops[data[here]]:
            why = WALK_STOP
            break
        here += 1 + length
    at[0] = here
    return why


cdef class Walker:
    """The walk over chunks of one direction. stops (256,): not zero where a type needs a decision; limit: largest
    length word taken, in bytes, at most the protocol's."""

    cdef bytes _stops
    cdef Py_ssize_t _limit

    def __cinit__(self, bytes stops not None, Py_ssize_t limit=0x3ffffffe):
        if len(stops) != 256:
            raise ValueError("stops: one byte per frame type")
        if not MIN_LENGTH <= limit <= MAX_LENGTH:
            raise ValueError("limit: 4 to 0x3ffffffe")
        self._stops = stops
        self._limit = limit

    def walk(self, bytes chunk not None, Py_ssize_t start):
        """Offset of the first frame from start on that is incomplete or stops; start is a frame's offset in chunk (n,).
        Raises ValueError: start outside 0..n, a length below 4 or above the limit."""
        cdef Py_ssize_t at = 0, end = len(chunk)
        cdef const unsigned char *data = chunk
        cdef const unsigned char *stops = self._stops
        cdef WalkEnd why
        if not 0 <= start <= end:
            raise ValueError("start is outside the chunk")
        why = walk_frames(data, start, end, stops, self._limit, &at)
        if why == WALK_BAD:
            raise ValueError("a frame's length is outside 4 and the limit")
        return at
