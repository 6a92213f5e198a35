# Writes that go to the disk past the page cache, and tell by an eventfd that they are there (io_submit(2), open(2)
# "O_DIRECT"). The memory, the length and the place in the file are multiples of BLOCK.

cdef enum:
    BLOCK = 4096

cdef struct Direct:
    unsigned long context         # aio_context_t; 0: the kernel gives none
    int wake_fd                   # an eventfd that counts what has ended; not owned
    Py_ssize_t length             # of the write under way; 0: none is

cdef int direct_open(Direct *direct, int wake_fd) noexcept nogil
cdef void direct_close(Direct *direct) noexcept nogil
cdef int direct_submit(Direct *direct, int fd, const void *data, Py_ssize_t length, long long offset) noexcept nogil
cdef Py_ssize_t direct_reap(Direct *direct, int least) noexcept nogil
cdef Py_ssize_t direct_write(int fd, const void *data, Py_ssize_t length, long long offset) noexcept nogil
cdef void *blocks(Py_ssize_t size) noexcept nogil
cdef Py_ssize_t whole_blocks(Py_ssize_t size) noexcept nogil
