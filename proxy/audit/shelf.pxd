# Definitions in force: what sessions and statements are, as JSON, by reference. A reference is given again once every
# entry that used it is on disk. The caller holds the queue's lock, but for the writer's reading of what an item uses:
# pages never move, and only the writer frees.

cdef enum:
    SHELF_PAGE = 256
    SHELF_PAGES = 4096            # 1,048,576 definitions of one kind

cdef enum:
    DEFINITION_FREE = 0
    DEFINITION_USED = 1
    DEFINITION_RELEASED = 2

cdef struct Definition:
    unsigned char *data
    unsigned int length
    int state
    unsigned long long emitted    # number of the segment that holds it; the writer's
    long long released            # position up to which entries may use it
    unsigned int next             # reference of the next one that is free or released

cdef struct Shelf:
    Definition **pages
    unsigned int high             # references ever given
    unsigned int free
    unsigned int released

cdef int shelf_open(Shelf *shelf) noexcept nogil
cdef void shelf_close(Shelf *shelf) noexcept nogil
cdef unsigned int shelf_put(Shelf *shelf, const unsigned char *data, unsigned int length) noexcept nogil
cdef Definition *shelf_at(Shelf *shelf, unsigned int reference) noexcept nogil
cdef Definition *shelf_get(Shelf *shelf, unsigned int reference) noexcept nogil
cdef int shelf_release(Shelf *shelf, unsigned int reference, long long position) noexcept nogil
cdef void shelf_sweep(Shelf *shelf, long long position) noexcept nogil
