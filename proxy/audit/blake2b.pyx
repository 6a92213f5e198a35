# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""Keyed BLAKE2b without the GIL. Source: RFC 7693, sections 3.2 and 3.3."""

from libc.string cimport memcpy, memset

from proxy.audit.integers cimport put64


cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>

    static const uint64_t pgwarden_iv[8] = {
        0x6a09e667f3bcc908ULL, 0xbb67ae8584caa73bULL, 0x3c6ef372fe94f82bULL, 0xa54ff53a5f1d36f1ULL,
        0x510e527fade682d1ULL, 0x9b05688c2b3e6c1fULL, 0x1f83d9abfb41bd6bULL, 0x5be0cd19137e2179ULL};

    static inline uint64_t pgwarden_turn(uint64_t value, int bits) { return (value >> bits) | (value << (64 - bits)); }

    #define PGWARDEN_G(a, b, c, d, x, y) do {                            \\
        v##a += v##b + m[x]; v##d = pgwarden_turn(v##d ^ v##a, 32);      \\
        v##c += v##d;        v##b = pgwarden_turn(v##b ^ v##c, 24);      \\
        v##a += v##b + m[y]; v##d = pgwarden_turn(v##d ^ v##a, 16);      \\
        v##c += v##d;        v##b = pgwarden_turn(v##b ^ v##c, 63); } while (0)

    #define PGWARDEN_ROUND(a, b, c, d, e, f, g, h, i, j, k, l, n, o, p, q) do {  \\
        PGWARDEN_G(0, 4, 8, 12, a, b);  PGWARDEN_G(1, 5, 9, 13, c, d);           \\
        PGWARDEN_G(2, 6, 10, 14, e, f); PGWARDEN_G(3, 7, 11, 15, g, h);          \\
        PGWARDEN_G(0, 5, 10, 15, i, j); PGWARDEN_G(1, 6, 11, 12, k, l);          \\
        PGWARDEN_G(2, 7, 8, 13, n, o);  PGWARDEN_G(3, 4, 9, 14, p, q); } while (0)

    /* Section 3.2: twelve rounds over one block of 128 bytes; the rows are SIGMA of section 2.7. */
    static void pgwarden_compress(unsigned long long *h, const unsigned char *block, uint64_t counted, uint64_t last) {
        uint64_t m[16];
        uint64_t v0 = h[0], v1 = h[1], v2 = h[2], v3 = h[3], v4 = h[4], v5 = h[5], v6 = h[6], v7 = h[7];
        uint64_t v8 = pgwarden_iv[0], v9 = pgwarden_iv[1], v10 = pgwarden_iv[2], v11 = pgwarden_iv[3];
        uint64_t v12 = pgwarden_iv[4] ^ counted, v13 = pgwarden_iv[5], v14 = pgwarden_iv[6] ^ last, v15 = pgwarden_iv[7];
        memcpy(m, block, 128);
    #if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        for (int i = 0; i < 16; i++) m[i] = __builtin_bswap64(m[i]);
    #endif
        PGWARDEN_ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        PGWARDEN_ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3);
        PGWARDEN_ROUND(11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4);
        PGWARDEN_ROUND(7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8);
        PGWARDEN_ROUND(9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13);
        PGWARDEN_ROUND(2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9);
        PGWARDEN_ROUND(12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11);
        PGWARDEN_ROUND(13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10);
        PGWARDEN_ROUND(6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5);
        PGWARDEN_ROUND(10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0);
        PGWARDEN_ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        PGWARDEN_ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3);
        h[0] ^= v0 ^ v8;  h[1] ^= v1 ^ v9;  h[2] ^= v2 ^ v10; h[3] ^= v3 ^ v11;
        h[4] ^= v4 ^ v12; h[5] ^= v5 ^ v13; h[6] ^= v6 ^ v14; h[7] ^= v7 ^ v15;
    }
    """
    const unsigned long long[8] pgwarden_iv
    void pgwarden_compress(
        unsigned long long *state, const unsigned char *block, unsigned long long counted, unsigned long long last
    ) noexcept nogil


cdef void hash_key(Keyed *keyed, const unsigned char *key, int key_length, int size) noexcept nogil:
    """The state after the key's block. key_length: 1 to 64. size: of the hash, 1 to 64 bytes. Source: section 3.3."""
    cdef unsigned char block[128]
    cdef int index
    memset(block, 0, 128)
    memcpy(block, key, key_length)
    for index in range(8):
        keyed.state[index] = pgwarden_iv[index]
    keyed.state[0] ^= 0x01010000 ^ (<unsigned long long>key_length << 8) ^ <unsigned long long>size
    keyed.size = size
    pgwarden_compress(keyed.state, block, 128, 0)


cdef void hash_start(Hash *hash, const Keyed *keyed) noexcept nogil:
    """Begins a message."""
    memcpy(hash.state, keyed.state, sizeof(hash.state))
    hash.counted = 128
    hash.used = 0
    hash.size = keyed.size


cdef void hash_update(Hash *hash, const unsigned char *data, Py_ssize_t length) noexcept nogil:
    """Adds length bytes. A full block is compressed when more follows: the last one is treated differently."""
    cdef Py_ssize_t step
    while length > 0:
        if hash.used == 128:
            hash.counted += 128
            pgwarden_compress(hash.state, hash.block, hash.counted, 0)
            hash.used = 0
        if hash.used == 0 and length > 128:
            hash.counted += 128
            pgwarden_compress(hash.state, data, hash.counted, 0)
            data += 128
            length -= 128
            continue
        step = 128 - hash.used if 128 - hash.used < length else length
        memcpy(hash.block + hash.used, data, step)
        hash.used += <int>step
        data += step
        length -= step


cdef void hash_finish(Hash *hash, unsigned char *out) noexcept nogil:
    """Writes the hash, hash.size bytes. The message was not empty."""
    cdef unsigned char whole[64]
    cdef int index
    memset(hash.block + hash.used, 0, 128 - hash.used)
    hash.counted += hash.used
    pgwarden_compress(hash.state, hash.block, hash.counted, <unsigned long long>-1)
    for index in range(8):
        put64(whole + 8 * index, hash.state[index])
    memcpy(out, whole, hash.size)


cdef class Blake2b:
    """Keyed hashes for Python callers. key: 1 to 64 bytes; size: of the hash in bytes, 1 to 64."""

    cdef Keyed _keyed

    def __cinit__(self, bytes key not None, int size=32):
        if not 1 <= len(key) <= 64:
            raise ValueError("key: 1 to 64 bytes")
        if not 1 <= size <= 64:
            raise ValueError("size: 1 to 64")
        hash_key(&self._keyed, key, <int>len(key), size)

    def hash(self, *parts) -> bytes:
        """The hash of the parts, each bytes, one behind the other. Raises ValueError: they are empty."""
        cdef Hash hash
        cdef unsigned char out[64]
        cdef bytes part
        cdef Py_ssize_t total = 0
        hash_start(&hash, &self._keyed)
        for part in parts:
            total += len(part)
            hash_update(&hash, part, len(part))
        if total == 0:
            raise ValueError("nothing to hash")
        hash_finish(&hash, out)
        return out[:self._keyed.size]
