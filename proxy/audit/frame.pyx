# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""Frames entries and chains them. The layout is in `frame.pxd`."""

from libc.string cimport memcmp, memcpy

from proxy.audit.blake2b cimport Hash, hash_finish, hash_key, hash_start, hash_update
from proxy.audit.checksum cimport checksum
from proxy.audit.integers cimport get32, get64, put16, put32, put64


cdef void link_frame(
    const Keyed *keyed, const unsigned char *previous, const unsigned char *frame, Py_ssize_t length, unsigned char *out
) noexcept nogil:
    """Writes the 32 bytes that tie a frame with a payload of length bytes to the entry whose hash is previous."""
    cdef Hash hash
    hash_start(&hash, keyed)
    hash_update(&hash, previous, FRAME_HASH)
    hash_update(&hash, frame, 16)
    hash_update(&hash, frame + FRAME_HEAD, length)
    hash_finish(&hash, out)


cdef Py_ssize_t close_frame(Chain *chain, unsigned char *frame, int kind, Py_ssize_t length) noexcept nogil:
    """Frames the payload of length bytes (at most MAX_PAYLOAD) that lies at frame + FRAME_HEAD, and moves the chain on.
    There is room for FRAME_HASH bytes behind it. The size of the whole frame."""
    cdef unsigned char *hash = frame + FRAME_HEAD + length
    chain.seq += 1
    frame[0] = FRAME_MARK
    frame[1] = <unsigned char>kind
    put16(frame + 2, 0)
    put32(frame + 4, <unsigned int>length)
    put64(frame + 8, chain.seq)
    link_frame(&chain.keyed, chain.head, frame, length, hash)
    memcpy(chain.head, hash, FRAME_HASH)
    put32(frame + 16, checksum(checksum(0, frame, 16), frame + FRAME_HEAD, length + FRAME_HASH))
    return length + FRAME_EXTRA


cdef FrameState open_frame(const unsigned char *data, Py_ssize_t at, Py_ssize_t end, Frame *frame) noexcept nogil:
    """Reads the frame at data[at]; data holds at least end bytes, 0 <= at <= end. frame is filled where it is whole."""
    cdef const unsigned char *head = data + at
    cdef unsigned int length
    if end - at < 1:
        return FRAME_CUT
    if head[0] != FRAME_MARK:
        return FRAME_BAD
    if end - at < FRAME_HEAD:
        return FRAME_CUT
    length = get32(head + 4)
    if length > MAX_PAYLOAD:
        return FRAME_BAD
    if end - at < <Py_ssize_t>length + FRAME_EXTRA:
        return FRAME_CUT
    if get32(head + 16) != checksum(checksum(0, head, 16), head + FRAME_HEAD, <Py_ssize_t>length + FRAME_HASH):
        return FRAME_BAD
    frame.kind = head[1]
    frame.length = length
    frame.seq = get64(head + 8)
    frame.end = at + <Py_ssize_t>length + FRAME_EXTRA
    return FRAME_WHOLE


cdef class Framer:
    """A chain for Python callers. key: 32 bytes; head: hash of the entry numbered seq, 32 bytes."""

    cdef Chain _chain

    def __cinit__(self, bytes key not None, bytes head not None, unsigned long long seq=0):
        if len(key) != 32 or len(head) != FRAME_HASH:
            raise ValueError("key and head: 32 bytes each")
        hash_key(&self._chain.keyed, key, 32, FRAME_HASH)
        memcpy(self._chain.head, <const unsigned char *>head, FRAME_HASH)
        self._chain.seq = seq

    @property
    def head(self) -> bytes:
        """Hash of the last entry, 32 bytes."""
        return self._chain.head[:FRAME_HASH]

    @property
    def seq(self) -> int:
        """Number of the last entry."""
        return self._chain.seq

    def frame(self, int kind, bytes payload not None) -> bytes:
        """The payload as the chain's next entry. kind: 0 to 255. Raises ValueError: a longer payload than 16 MiB."""
        cdef Py_ssize_t length = len(payload)
        cdef bytearray out
        if not 0 <= kind <= 255 or length > MAX_PAYLOAD:
            raise ValueError("kind: 0 to 255; payload: at most 16 MiB")
        out = bytearray(length + FRAME_EXTRA)
        out[FRAME_HEAD:FRAME_HEAD + length] = payload
        close_frame(&self._chain, out, kind, length)
        return bytes(out)
