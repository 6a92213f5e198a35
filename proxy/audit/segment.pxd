# A segment being written: its file, and the chain that goes on from segment to segment. The head of the file:
#
#   0  89 'pgwj' 0d 0a 1a     8  version (u16, 1)         10  size of the head (u16, 256)    12  flags (u32, 0)
#  16  chain id (16 bytes)   32  segment number (u64)     40  number of its first entry (u64)
#  48  when it was begun (i64, microseconds)              56  worker (u32)                   60  0 (u32)
#  64  key check (8 bytes)   72  instance (UTF-8, 64 bytes, zeros behind it)
# 136  hash of the last entry of the segment before (32 bytes; zeros in the first)          168  zeros
# 220  CRC-32C of bytes 0-219 (u32)
# 224  keyed BLAKE2b-256 of bytes 0-219: what the first entry is chained to

from proxy.audit.frame cimport Chain

cdef enum:
    HEAD_BYTES = 256
    HEAD_COVERED = 220
    CHAIN_ID_BYTES = 16
    KEY_CHECK_BYTES = 8
    INSTANCE_BYTES = 64

cdef struct Segment:
    int directory                 # descriptor of the worker's folder, not owned
    int fd                        # -1: none is open
    int next_fd                   # of the next one, made before this one is sealed; -1: none is
    unsigned long long number
    unsigned long long first      # number of its first entry
    Py_ssize_t limit              # sealed when it has this many bytes
    Py_ssize_t written            # bytes in the file that are entries or the head
    int direct                    # written past the page cache, in whole blocks
    int wants_direct              # so is every segment whose file system can
    int direct_next               # the next one is
    Py_ssize_t base               # direct: offset of out[0], a multiple of BLOCK
    int crowded                   # direct: the disk had no room for more zeros
    Py_ssize_t reserved           # direct: so much of the file was written once, with zeros behind the entries
    Chain chain
    unsigned char identity[128]   # bytes 0 to 135 of the head that stay the same: chain id, key check, instance
    unsigned int worker
    unsigned char *out            # entries that are not in the file yet
    Py_ssize_t used
    Py_ssize_t size
    int error                     # errno of what failed
    const char *failed            # what failed
    long long total               # bytes of entries and heads in all segments

cdef int segment_create(Segment *segment) noexcept nogil
cdef int segment_begin(Segment *segment) noexcept nogil
cdef unsigned char *segment_room(Segment *segment, Py_ssize_t payload) noexcept nogil
cdef void segment_entry(Segment *segment, int kind, Py_ssize_t payload) noexcept nogil
cdef int segment_write(Segment *segment) noexcept nogil
cdef int segment_sync(Segment *segment) noexcept nogil
cdef Py_ssize_t segment_blocks(Segment *segment) noexcept nogil
cdef void segment_settled(Segment *segment) noexcept nogil
cdef bint segment_wants(const Segment *segment, Py_ssize_t end) noexcept nogil
cdef Py_ssize_t segment_reserve(Segment *segment, Py_ssize_t start) noexcept nogil
cdef Py_ssize_t segment_end(const Segment *segment) noexcept nogil
cdef int segment_seal(Segment *segment, const char *why) noexcept nogil
cdef bint segment_full(const Segment *segment) noexcept nogil
cdef void segment_close(Segment *segment) noexcept nogil
cdef void segment_release(Segment *segment) noexcept nogil
