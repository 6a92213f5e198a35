# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""Writes segments; for other compiled modules only (segment.pxd). The first failure is the last thing that happens: who
gets -1 must not call again, because after a failed fsync the kernel may have dropped what it was given.

A direct segment is written in whole blocks, each write durable by itself: the last block, which is not full, stays in
memory and is written again with what follows. Behind the entries there are zeros, up to what was reserved; the seal
cuts them off.
"""

from libc.errno cimport EINTR, EINVAL, ENOMEM, errno
from libc.stdio cimport snprintf
from libc.stdlib cimport free
from libc.string cimport memcpy, memmove, memset

from proxy.audit.blake2b cimport Hash, hash_finish, hash_start, hash_update
from proxy.audit.checksum cimport checksum
from proxy.audit.direct cimport BLOCK, blocks, direct_write, whole_blocks
from proxy.audit.frame cimport FRAME_EXTRA, FRAME_HASH, FRAME_HEAD, KIND_SEAL, close_frame
from proxy.audit.integers cimport put16, put32, put64
from proxy.audit.threads cimport CLOCK_REALTIME, clock_ns


cdef extern from *:
    """
    #ifndef _GNU_SOURCE
    #define _GNU_SOURCE
    #endif
    #include <fcntl.h>
    """
    int openat(int directory, const char *name, int flags, int mode) nogil
    int fcntl(int fd, int what, int flags) nogil
    int F_SETFL
    int O_CLOEXEC
    int O_DIRECT
    int O_CREAT
    int O_EXCL
    int O_WRONLY

cdef extern from "<unistd.h>" nogil:
    Py_ssize_t write(int fd, const void *data, size_t length)
    int close(int fd)
    int fdatasync(int fd)
    int fsync(int fd)
    int ftruncate(int fd, long length)

cdef Py_ssize_t OUT_BYTES = 262144  # entries are gathered up to this before they are written
cdef Py_ssize_t ZERO_BYTES = 1048576  # the most zeros in one write
cdef Py_ssize_t FIRST_ZEROS = 262144
cdef Py_ssize_t MORE_ZEROS = 4194304


cdef int _failed(Segment *segment, const char *what) noexcept nogil:
    segment.error, segment.failed = errno, what
    return -1


cdef int segment_create(Segment *segment) noexcept nogil:
    """Makes the next segment's file, still empty: when a seal says that another segment follows, there is one. -1:
    failed."""
    cdef char name[32]
    snprintf(name, sizeof(name), b"%012llu.pgwj", segment.number + 1)
    segment.next_fd = openat(segment.directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o640)
    if segment.next_fd >= 0:  # asked for now, it would leave an empty file where the file system cannot
        segment.direct_next = segment.wants_direct and fcntl(segment.next_fd, F_SETFL, O_DIRECT) == 0
    return 0 if segment.next_fd >= 0 else _failed(segment, b"creating a segment")


cdef int segment_begin(Segment *segment) noexcept nogil:
    """Goes on to the segment that was created; its name and its head are durable then. -1: failed."""
    segment.fd, segment.next_fd = segment.next_fd, -1
    segment.number += 1
    segment.first = segment.chain.seq + 1
    segment.written = segment.used = segment.base = segment.reserved = segment.crowded = 0
    segment.direct = segment.direct_next
    if segment_room(segment, HEAD_BYTES) == NULL:
        return -1
    _head(segment, segment.out)
    segment.used = HEAD_BYTES
    if segment_write(segment) < 0 or segment_sync(segment) < 0:
        return -1
    return 0 if fsync(segment.directory) == 0 else _failed(segment, b"syncing the folder")


cdef void _head(Segment *segment, unsigned char *at) noexcept nogil:
    """Writes the head of the file; the chain goes on from its hash."""
    cdef Hash hash
    memset(at, 0, HEAD_BYTES)
    memcpy(at, b"\x89pgwj\r\n\x1a", 8)
    put16(at + 8, 1)
    put16(at + 10, HEAD_BYTES)
    memcpy(at + 16, segment.identity, CHAIN_ID_BYTES)
    put64(at + 32, segment.number)
    put64(at + 40, segment.first)
    put64(at + 48, clock_ns(CLOCK_REALTIME) // 1000)
    put32(at + 56, segment.worker)
    memcpy(at + 64, segment.identity + CHAIN_ID_BYTES, KEY_CHECK_BYTES + INSTANCE_BYTES)
    memcpy(at + 136, segment.chain.head, FRAME_HASH)
    put32(at + HEAD_COVERED, checksum(0, at, HEAD_COVERED))
    hash_start(&hash, &segment.chain.keyed)
    hash_update(&hash, at, HEAD_COVERED)
    hash_finish(&hash, segment.chain.head)
    memcpy(at + 224, segment.chain.head, FRAME_HASH)


cdef unsigned char *segment_room(Segment *segment, Py_ssize_t payload) noexcept nogil:
    """Where a payload of at most so many bytes goes. Writes what was gathered when it is enough. NULL: failed."""
    cdef Py_ssize_t size
    cdef unsigned char *grown
    if segment.used >= OUT_BYTES and segment_write(segment) < 0:
        return NULL
    if segment.size - segment.used < payload + FRAME_EXTRA:
        size = segment.used + payload + FRAME_EXTRA
        size = whole_blocks(size if size > 2 * OUT_BYTES else 2 * OUT_BYTES)
        grown = <unsigned char *>blocks(size)
        if grown == NULL:
            segment.error, segment.failed = ENOMEM, b"making room for an entry"
            return NULL
        if segment.used:
            memcpy(grown, segment.out, segment.used)
        free(segment.out)
        segment.out, segment.size = grown, size
    return segment.out + segment.used + FRAME_HEAD


cdef void segment_entry(Segment *segment, int kind, Py_ssize_t payload) noexcept nogil:
    """The payload of so many bytes, put where segment_room said, is the next entry."""
    segment.used += close_frame(&segment.chain, segment.out + segment.used, kind, payload)


cdef int segment_write(Segment *segment) noexcept nogil:
    """Hands what was gathered to the kernel; direct: to the disk. -1: failed."""
    cdef Py_ssize_t done = 0, step
    if segment.direct:
        return _write_blocks(segment)
    while done < segment.used:
        step = write(segment.fd, segment.out + done, segment.used - done)
        if step < 0 and errno == EINTR:
            continue
        if step <= 0:
            return _failed(segment, b"writing")
        done += step
    segment.written += done
    segment.total += done
    segment.used = 0
    return 0


cdef int _write_blocks(Segment *segment) noexcept nogil:
    """What was gathered, as whole blocks. A file system that takes none after all gets bytes from then on."""
    cdef Py_ssize_t size = segment_blocks(segment)
    cdef Py_ssize_t done = direct_write(segment.fd, segment.out, size, segment.base)
    if done == size:
        segment.reserved = max(segment.reserved, segment.base + size)
        segment_settled(segment)
        return 0
    if done == -EINVAL and segment.written == 0 and fcntl(segment.fd, F_SETFL, 0) == 0:
        segment.direct = segment.wants_direct = 0
        return segment_write(segment)
    segment.error, segment.failed = <int>-done, b"writing"
    return -1


cdef Py_ssize_t segment_blocks(Segment *segment) noexcept nogil:
    """How many bytes of out are to be written: the last block is filled up with zeros."""
    cdef Py_ssize_t size = whole_blocks(segment.used)
    memset(segment.out + segment.used, 0, size - segment.used)
    return size


cdef void segment_settled(Segment *segment) noexcept nogil:
    """Direct: what was gathered is on disk. Full blocks are let go, the last one stays."""
    cdef Py_ssize_t full = segment.used & ~(<Py_ssize_t>BLOCK - 1)
    segment.total += segment_end(segment) - segment.written
    segment.written = segment_end(segment)
    if full:
        memmove(segment.out, segment.out + full, segment.used - full)
        segment.base += full
        segment.used -= full


cdef Py_ssize_t _ahead(Py_ssize_t reserved) noexcept nogil:
    """How many zeros are written at a time: few at first, which are soon there."""
    return FIRST_ZEROS if reserved < MORE_ZEROS else MORE_ZEROS


cdef bint segment_wants(const Segment *segment, Py_ssize_t end) noexcept nogil:
    """Whether it is time to write more zeros, when the entries reach to end."""
    cdef Py_ssize_t reserved = segment.reserved
    return not segment.crowded and reserved < segment.limit and reserved - end < _ahead(reserved) // 2


cdef Py_ssize_t segment_reserve(Segment *segment, Py_ssize_t start) noexcept nogil:
    """Writes zeros from start on, a multiple of BLOCK behind everything else: what is written there later finds its
    place on the disk. How far they reach; less where the disk is full, which is no failure yet. Any thread may."""
    cdef Py_ssize_t end = min(start + _ahead(start), whole_blocks(segment.limit))
    cdef Py_ssize_t at = start, step
    cdef void *zeros = blocks(ZERO_BYTES)
    while zeros != NULL and at < end:
        step = min(end - at, ZERO_BYTES)
        if direct_write(segment.fd, zeros, step, at) != step:
            break
        at += step
    free(zeros)
    segment.crowded = at < end
    return at


cdef int segment_sync(Segment *segment) noexcept nogil:
    """What was written is on disk. -1: failed."""
    return 0 if segment.direct or fdatasync(segment.fd) == 0 else _failed(segment, b"syncing")


cdef Py_ssize_t segment_end(const Segment *segment) noexcept nogil:
    """Offset behind all that was gathered."""
    return segment.used + (segment.base if segment.direct else segment.written)


cdef bint segment_full(const Segment *segment) noexcept nogil:
    """It has reached its size, and holds at least one entry."""
    return segment_end(segment) >= segment.limit and segment.chain.seq >= segment.first


cdef int segment_seal(Segment *segment, const char *why) noexcept nogil:
    """Writes the seal, the last entry: why, how many entries stand before it, their last hash. Closes. -1: failed."""
    cdef unsigned char *at = segment_room(segment, 256)
    cdef int length, index
    if at == NULL:
        return -1
    length = snprintf(<char *>at, 256, b'{"why":"%s","entries":%llu,"head":"', why, segment.chain.seq + 1 - segment.first)
    for index in range(FRAME_HASH):
        length += snprintf(<char *>at + length, 8, b"%02x", <int>segment.chain.head[index])
    length += snprintf(<char *>at + length, 8, b'"}')
    segment_entry(segment, KIND_SEAL, length)
    if segment_write(segment) < 0 or segment_sync(segment) < 0 or _cut(segment) < 0:
        return -1
    segment_close(segment)
    return 0


cdef int _cut(Segment *segment) noexcept nogil:
    """Gives back what was reserved and not used. -1: failed."""
    if not segment.direct or (ftruncate(segment.fd, segment.written) == 0 and fdatasync(segment.fd) == 0):
        return 0
    return _failed(segment, b"ending a segment")


cdef void segment_close(Segment *segment) noexcept nogil:
    """Closes the file, sealed or not."""
    if segment.fd >= 0:
        close(segment.fd)
    segment.fd = -1


cdef void segment_release(Segment *segment) noexcept nogil:
    """Closes whatever is open, at the end or after a failure, and frees its memory."""
    segment_close(segment)
    if segment.next_fd >= 0:
        close(segment.next_fd)
    segment.next_fd = -1
    free(segment.out)
    segment.out = NULL
