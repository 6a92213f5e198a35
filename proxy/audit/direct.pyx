# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""Durable writes in one system call, past the page cache; for other compiled modules only (direct.pxd).

RWF_DSYNC makes a write durable before it is reported as done (pwritev2(2)). Over blocks that are allocated and written
already the file system has nothing of its own to write, so a commit is one transfer and one flush of the disk.
"""

from libc.errno cimport EINTR, ENOSPC, errno
from libc.stdlib cimport free
from libc.string cimport memset


cdef extern from *:
    """
    #include <linux/aio_abi.h>
    #include <stdlib.h>
    #include <sys/syscall.h>
    #include <sys/uio.h>
    #include <unistd.h>

    #ifndef RWF_DSYNC
    #define RWF_DSYNC 2
    #endif

    static inline long pgwarden_io_setup(unsigned count, aio_context_t *context) {
        return syscall(SYS_io_setup, count, context);
    }
    static inline long pgwarden_io_destroy(aio_context_t context) { return syscall(SYS_io_destroy, context); }
    static inline long pgwarden_io_submit(aio_context_t context, int fd, const void *data, size_t length,
                                          long long offset, int wake_fd) {
        struct iocb block = {0}, *blocks = &block;
        block.aio_fildes = fd;
        block.aio_lio_opcode = IOCB_CMD_PWRITE;
        block.aio_buf = (unsigned long long)(unsigned long)data;
        block.aio_nbytes = length;
        block.aio_offset = offset;
        block.aio_rw_flags = RWF_DSYNC;
        block.aio_flags = IOCB_FLAG_RESFD;
        block.aio_resfd = (unsigned)wake_fd;
        return syscall(SYS_io_submit, context, 1L, &blocks);
    }
    /* 1 and its result: one has ended; 0: none has. */
    static inline long pgwarden_io_getevents(aio_context_t context, long least, long long *result) {
        struct io_event event;
        struct timespec now = {0, 0};
        long count = syscall(SYS_io_getevents, context, least, 1L, &event, least ? NULL : &now);
        if (count == 1) *result = event.res;
        return count;
    }
    static inline ssize_t pgwarden_write_through(int fd, const void *data, size_t length, long long offset) {
        struct iovec piece = {(void *)data, length};
        return pwritev2(fd, &piece, 1, offset, RWF_DSYNC);
    }
    """
    ctypedef unsigned long aio_context_t
    long io_setup "pgwarden_io_setup"(unsigned int count, aio_context_t *context) nogil
    long io_destroy "pgwarden_io_destroy"(aio_context_t context) nogil
    long io_submit "pgwarden_io_submit"(
        aio_context_t context, int fd, const void *data, size_t length, long long offset, int wake_fd
    ) nogil
    long io_getevents "pgwarden_io_getevents"(aio_context_t context, long least, long long *result) nogil
    Py_ssize_t write_through "pgwarden_write_through"(int fd, const void *data, size_t length, long long offset) nogil
    int posix_memalign(void **memory, size_t alignment, size_t size) nogil


cdef int direct_open(Direct *direct, int wake_fd) noexcept nogil:
    """-1: the kernel gives no context (a sandbox forbids it, or fs.aio-max-nr is reached)."""
    cdef aio_context_t context = 0
    direct.wake_fd, direct.length, direct.context = wake_fd, 0, 0
    if io_setup(2, &context) < 0:
        return -1
    direct.context = context
    return 0


cdef void direct_close(Direct *direct) noexcept nogil:
    """Nothing is under way any more."""
    if direct.context:
        io_destroy(direct.context)
    direct.context = 0


cdef int direct_submit(Direct *direct, int fd, const void *data, Py_ssize_t length, long long offset) noexcept nogil:
    """Begins the one write that may be under way; data stays as it is until it is reaped. -1: it was not begun."""
    if io_submit(direct.context, fd, data, length, offset, direct.wake_fd) != 1:
        return -1
    direct.length = length
    return 0


cdef Py_ssize_t direct_reap(Direct *direct, int least) noexcept nogil:
    """What became of the write under way: its length where all of it is on disk; 0: it is still under way (least is 0);
    less than its length: only so much was written, nothing of it counts; below 0: minus the errno of its failure."""
    cdef long long result = 0
    cdef long count = -1
    while count < 0:
        count = io_getevents(direct.context, least, &result)
        if count < 0 and errno != EINTR:
            return -errno
    if count == 0:
        return 0
    direct.length = 0
    return <Py_ssize_t> result if result != 0 else 1


cdef Py_ssize_t direct_write(int fd, const void *data, Py_ssize_t length, long long offset) noexcept nogil:
    """Writes at offset and returns when it is on disk: the length, or below 0: minus the errno of its failure."""
    cdef Py_ssize_t done = 0, step
    while done < length:
        step = write_through(fd, <const char *> data + done, length - done, offset + done)
        if step < 0 and errno == EINTR:
            continue
        if step < 0:
            return -errno
        if step == 0 or step % BLOCK:
            return -ENOSPC  # it went as far as there is room, which is not to the end of a block
        done += step
    return done


cdef void *blocks(Py_ssize_t size) noexcept nogil:
    """Zeroed memory that the disk can be given, to be freed with free. NULL: there is none."""
    cdef void *memory = NULL
    if posix_memalign(&memory, BLOCK, size) != 0:
        return NULL
    memset(memory, 0, size)
    return memory


cdef Py_ssize_t whole_blocks(Py_ssize_t size) noexcept nogil:
    """The size, up to the next multiple of BLOCK."""
    return (size + BLOCK - 1) & ~(<Py_ssize_t> BLOCK - 1)
