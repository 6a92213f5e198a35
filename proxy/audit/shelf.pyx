# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""Definitions by reference; for other compiled modules only (shelf.pxd)."""

from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy


cdef int shelf_open(Shelf *shelf) noexcept nogil:
    """Begins an empty shelf. -1: out of memory."""
    shelf.high = shelf.free = shelf.released = 0
    shelf.pages = <Definition **>calloc(SHELF_PAGES, sizeof(Definition *))
    return 0 if shelf.pages != NULL else -1


cdef void shelf_close(Shelf *shelf) noexcept nogil:
    """Frees everything. The shelf may have failed to open."""
    cdef unsigned int reference
    cdef int page
    if shelf.pages == NULL:
        return
    for reference in range(1, shelf.high + 1):
        free(shelf_at(shelf, reference).data)
    for page in range(SHELF_PAGES):
        free(shelf.pages[page])
    free(shelf.pages)
    shelf.pages = NULL


cdef Definition *shelf_at(Shelf *shelf, unsigned int reference) noexcept nogil:
    """The definition of a reference that was given. For who knows that it is in force, without the lock."""
    return &shelf.pages[(reference - 1) // SHELF_PAGE][(reference - 1) % SHELF_PAGE]


cdef Definition *shelf_get(Shelf *shelf, unsigned int reference) noexcept nogil:
    """The definition in force; NULL: no such reference."""
    cdef Definition *definition
    if reference == 0 or reference > shelf.high:
        return NULL
    definition = shelf_at(shelf, reference)
    return definition if definition.state != DEFINITION_FREE else NULL


cdef unsigned int shelf_put(Shelf *shelf, const unsigned char *data, unsigned int length) noexcept nogil:
    """A reference for length bytes, which are copied. 0: out of memory, or of references."""
    cdef unsigned int reference = shelf.free
    cdef unsigned char *copy = <unsigned char *>malloc(length if length > 0 else 1)
    cdef Definition *definition
    if copy == NULL:
        return 0
    if reference == 0 and not _grow(shelf):
        free(copy)
        return 0
    if reference == 0:
        reference = shelf.high
    definition = shelf_at(shelf, reference)
    if shelf.free == reference:
        shelf.free = definition.next
    memcpy(copy, data, length)
    definition.data, definition.length, definition.state = copy, length, DEFINITION_USED
    definition.emitted = definition.next = 0
    return reference


cdef bint _grow(Shelf *shelf) noexcept nogil:
    """Makes room for one reference more. False: there is none."""
    cdef unsigned int page = shelf.high // SHELF_PAGE
    if page >= SHELF_PAGES:
        return False
    if shelf.pages[page] == NULL:
        shelf.pages[page] = <Definition *>calloc(SHELF_PAGE, sizeof(Definition))
        if shelf.pages[page] == NULL:
            return False
    shelf.high += 1
    return True


cdef int shelf_release(Shelf *shelf, unsigned int reference, long long position) noexcept nogil:
    """Nothing behind position will use the reference. -1: it is not in use."""
    cdef Definition *definition = shelf_get(shelf, reference)
    if definition == NULL or definition.state != DEFINITION_USED:
        return -1
    definition.state, definition.released = DEFINITION_RELEASED, position
    definition.next = shelf.released
    shelf.released = reference
    return 0


cdef void shelf_sweep(Shelf *shelf, long long position) noexcept nogil:
    """Frees what was released and what no entry behind position uses."""
    cdef unsigned int reference = shelf.released, next_
    cdef Definition *definition
    shelf.released = 0
    while reference != 0:
        definition = shelf_at(shelf, reference)
        next_ = definition.next
        if definition.released <= position:
            free(definition.data)
            definition.data, definition.state = NULL, DEFINITION_FREE
            definition.next = shelf.free
            shelf.free = reference
        else:
            definition.next = shelf.released
            shelf.released = reference
        reference = next_
