"""The walk for C callers. See walker.pyx."""

cdef enum WalkEnd:
    WALK_HEADER   # fewer than 5 bytes are left behind the last whole frame (none, too)
    WALK_CUT      # a header is there, its frame is not whole; its type may be one that stops
    WALK_STOP     # a whole frame whose type stops
    WALK_BAD      # a length below 4 or above the limit; known from the header on

cdef WalkEnd walk_frames(
    const unsigned char *data,
    Py_ssize_t start,
    Py_ssize_t end,
    const unsigned char *stops,
    Py_ssize_t limit,
    Py_ssize_t *at,
) noexcept nogil

cdef Py_ssize_t frame_length(const unsigned char *header) noexcept nogil
