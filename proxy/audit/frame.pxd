# One entry in its frame. Integers are little-endian.
#
#   0  mark 0xd5      1  kind       2  flags (u16, 0)       4  length of the payload (u32)
#   8  sequence number in the chain (u64)                  16  CRC-32C of bytes 0-15, payload and hash (u32)
#  20  payload, then the hash: keyed BLAKE2b-256 of the previous entry's hash, bytes 0-15 and the payload

from proxy.audit.blake2b cimport Keyed

cdef enum:
    FRAME_HEAD = 20
    FRAME_HASH = 32
    FRAME_EXTRA = 52              # what a frame adds to its payload
    FRAME_MARK = 0xd5
    MAX_PAYLOAD = 16777216

cdef enum:
    KIND_SESSION = 1              # session definition: reference, JSON
    KIND_STATEMENT = 2            # statement definition: reference, JSON
    KIND_EXECUTION = 3            # `codec.pyx`
    KIND_NOTE = 4                 # session reference, serial, time, JSON
    KIND_RECOVERY = 5             # JSON: what a start found and cut
    KIND_SEAL = 6                 # JSON: why, how many entries, head of the chain

cdef enum FrameState:
    FRAME_WHOLE                   # its checksum holds
    FRAME_CUT                     # it would reach past the end
    FRAME_BAD                     # no mark, a length that cannot be, or a wrong checksum

cdef struct Chain:
    Keyed keyed
    unsigned char head[32]        # hash of the last entry
    unsigned long long seq        # number of the last entry

cdef struct Frame:
    int kind
    unsigned int length           # of the payload
    unsigned long long seq
    Py_ssize_t end                # of the frame

cdef Py_ssize_t close_frame(Chain *chain, unsigned char *frame, int kind, Py_ssize_t length) noexcept nogil
cdef FrameState open_frame(const unsigned char *data, Py_ssize_t at, Py_ssize_t end, Frame *frame) noexcept nogil
cdef void link_frame(
    const Keyed *keyed, const unsigned char *previous, const unsigned char *frame, Py_ssize_t length, unsigned char *out
) noexcept nogil
