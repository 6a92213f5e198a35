"""Names of prepared statements and portals, bounded."""

from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcmp, memcpy

from proxy.lane.shared cimport drop_bound, drop_prepared
from proxy.lane.state cimport Bound, Name, Names, Prepared

cdef enum:
    NAMES_LIMIT = 65536        # prepared statements or portals a session may name


cdef unsigned long long hash_name(const unsigned char *text, Py_ssize_t size) noexcept nogil:
    """FNV-1a: a client that makes its own names collide slows itself alone."""
    cdef unsigned long long h = 14695981039346656037ULL
    cdef Py_ssize_t i
    for i in range(size):
        h = (h ^ text[i]) * 1099511628211ULL
    return h


cdef Name *find(Names *names, const unsigned char *text, Py_ssize_t size) noexcept nogil:
    cdef unsigned long long h = hash_name(text, size)
    cdef Name *name
    if names.size == 0:
        return NULL
    name = names.buckets[h & (names.size - 1)]
    while name != NULL:
        if name.hash == h and name.size == size and memcmp(name.text, text, size) == 0:
            return name
        name = name.next
    return NULL


cdef int grow_names(Names *names) noexcept nogil:
    cdef int size = names.size * 2 if names.size else 8
    cdef int i
    cdef Name *name
    cdef Name *following
    cdef Name **buckets = <Name **> calloc(size, sizeof(Name *))
    if buckets == NULL:
        return -1
    for i in range(names.size):
        name = names.buckets[i]
        while name != NULL:
            following = name.next
            name.next = buckets[name.hash & (size - 1)]
            buckets[name.hash & (size - 1)] = name
            name = following
    free(names.buckets)
    names.buckets = buckets
    names.size = size
    return 0


cdef Name *intern(Names *names, const unsigned char *text, Py_ssize_t size) noexcept nogil:
    """The name, made where it is new. NULL: no memory, or too many names."""
    cdef Name *name = find(names, text, size)
    cdef int bucket
    if name != NULL:
        return name
    if names.count >= NAMES_LIMIT or (names.count >= names.size * 2 and grow_names(names) < 0):
        return NULL
    if names.size == 0 and grow_names(names) < 0:
        return NULL
    name = <Name *> malloc(sizeof(Name) + size)
    if name == NULL:
        return NULL
    names.kept[0] += sizeof(Name) + size
    name.hash = hash_name(text, size)
    name.size = size
    name.value = NULL
    name.pending = 0
    memcpy(name.text, text, size)
    bucket = name.hash & (names.size - 1)
    name.next = names.buckets[bucket]
    names.buckets[bucket] = name
    names.count += 1
    return name


cdef void forget(Names *names, int portals) noexcept nogil:
    """Drops every value, and every name that no due reply still points at."""
    cdef int i
    cdef Name *name
    cdef Name **link
    for i in range(names.size):
        link = &names.buckets[i]
        while link[0] != NULL:
            name = link[0]
            if portals:
                drop_bound(<Bound *> name.value)
            else:
                drop_prepared(<Prepared *> name.value)
            name.value = NULL
            if name.pending or name.size == 0:  # the unnamed one comes again with the next batch
                link = &name.next
                continue
            drop_name(names, link)


cdef void drop_name(Names *names, Name **link) noexcept nogil:
    cdef Name *name = link[0]
    link[0] = name.next
    names.kept[0] -= sizeof(Name) + name.size
    names.count -= 1
    free(name)


cdef void tidy(Names *names, Name *name) noexcept nogil:
    """A name that means nothing, and that no due reply points at, is forgotten: drivers number their statements."""
    cdef Name **link
    if name.value != NULL or name.pending or name.size == 0:
        return
    link = &names.buckets[name.hash & (names.size - 1)]
    while link[0] != name:
        link = &link[0].next
    drop_name(names, link)


cdef void release_names(Names *names, int portals) noexcept nogil:
    """Gives everything back; no reply is due any more."""
    cdef int i
    cdef Name *name
    cdef Name *following
    forget(names, portals)
    for i in range(names.size):
        name = names.buckets[i]
        while name != NULL:
            following = name.next
            free(name)
            name = following
    free(names.buckets)
    names.buckets = NULL
    names.size = names.count = 0


cdef void forget_statements(Names *names) noexcept nogil:
    forget(names, 0)


cdef void forget_portals(Names *names) noexcept nogil:
    forget(names, 1)
