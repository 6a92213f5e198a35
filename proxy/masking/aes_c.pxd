# The parts of AES that are written in C: the table of FIPS 197, and CMAC by the processor's AES instructions.

cdef extern from *:
    """
    static const unsigned char pgwarden_sbox[256] = {
        99, 124, 119, 123, 242, 107, 111, 197, 48, 1, 103, 43, 254, 215, 171, 118,
        202, 130, 201, 125, 250, 89, 71, 240, 173, 212, 162, 175, 156, 164, 114, 192,
        183, 253, 147, 38, 54, 63, 247, 204, 52, 165, 229, 241, 113, 216, 49, 21,
        4, 199, 35, 195, 24, 150, 5, 154, 7, 18, 128, 226, 235, 39, 178, 117,
        9, 131, 44, 26, 27, 110, 90, 160, 82, 59, 214, 179, 41, 227, 47, 132,
        83, 209, 0, 237, 32, 252, 177, 91, 106, 203, 190, 57, 74, 76, 88, 207,
        208, 239, 170, 251, 67, 77, 51, 133, 69, 249, 2, 127, 80, 60, 159, 168,
        81, 163, 64, 143, 146, 157, 56, 245, 188, 182, 218, 33, 16, 255, 243, 210,
        205, 12, 19, 236, 95, 151, 68, 23, 196, 167, 126, 61, 100, 93, 25, 115,
        96, 129, 79, 220, 34, 42, 144, 136, 70, 238, 184, 20, 222, 94, 11, 219,
        224, 50, 58, 10, 73, 6, 36, 92, 194, 211, 172, 98, 145, 149, 228, 121,
        231, 200, 55, 109, 141, 213, 78, 169, 108, 86, 244, 234, 101, 122, 174, 8,
        186, 120, 37, 46, 28, 166, 180, 198, 232, 221, 116, 31, 75, 189, 139, 138,
        112, 62, 181, 102, 72, 3, 246, 14, 97, 53, 87, 185, 134, 193, 29, 158,
        225, 248, 152, 17, 105, 217, 142, 148, 155, 30, 135, 233, 206, 85, 40, 223,
        140, 161, 137, 13, 191, 230, 66, 104, 65, 153, 45, 15, 176, 84, 187, 22,
    };

    #if defined(__x86_64__) && defined(__GNUC__)
    #include <string.h>
    #include <wmmintrin.h>
    #define PGWARDEN_AES __attribute__((target("aes,sse2")))
    static int pgwarden_has_aes(void) { __builtin_cpu_init(); return __builtin_cpu_supports("aes") != 0; }
    static inline unsigned long long pgwarden_load8(const unsigned char *at) {
        unsigned long long word; memcpy(&word, at, 8); return word; }
    static inline unsigned int pgwarden_load4(const unsigned char *at) { unsigned int word; memcpy(&word, at, 4); return word; }

    PGWARDEN_AES static inline __m128i pgwarden_key(const unsigned char *keys, int round) {
        return _mm_loadu_si128((const __m128i *) keys + round); }

    PGWARDEN_AES static inline __m128i pgwarden_encrypt(const unsigned char *keys, int rounds, __m128i state) {
        int round;
        state = _mm_xor_si128(state, pgwarden_key(keys, 0));
        #pragma GCC unroll 9
        for (round = 1; round < 10; round++) state = _mm_aesenc_si128(state, pgwarden_key(keys, round));
        if (rounds == 14) {
            #pragma GCC unroll 4
            for (round = 10; round < 14; round++) state = _mm_aesenc_si128(state, pgwarden_key(keys, round));
        }
        return _mm_aesenclast_si128(state, pgwarden_key(keys, rounds));
    }

    /* chain = AES(chain ^ block) for each of count blocks. */
    PGWARDEN_AES static void pgwarden_chain(const unsigned char *keys, int rounds, unsigned char *chain,
                                            const unsigned char *blocks, Py_ssize_t count) {
        __m128i state = _mm_loadu_si128((const __m128i *) chain);
        for (; count > 0; count--, blocks += 16)
            state = pgwarden_encrypt(keys, rounds, _mm_xor_si128(state, _mm_loadu_si128((const __m128i *) blocks)));
        _mm_storeu_si128((__m128i *) chain, state);
    }

    /* A block of 0 to 15 bytes and the bit behind them, read by overlapping words: none reads past the end. */
    PGWARDEN_AES static inline __m128i pgwarden_pad(const unsigned char *data, Py_ssize_t length) {
        unsigned long long low = 0, high = 0;
        if (length >= 8) {
            low = pgwarden_load8(data);
            high = length > 8 ? pgwarden_load8(data + length - 8) >> (8 * (16 - length)) : 0;
        } else if (length >= 4) {
            low = pgwarden_load4(data) | (unsigned long long) pgwarden_load4(data + length - 4) << (8 * (length - 4));
        } else if (length > 0) {
            low = data[0] | (unsigned long long) data[length >> 1] << (8 * (length >> 1))
                | (unsigned long long) data[length - 1] << (8 * (length - 1));
        }
        if (length >= 8) high |= 0x80ULL << (8 * (length - 8)); else low |= 0x80ULL << (8 * length);
        return _mm_set_epi64x((long long) high, (long long) low);
    }

    /* The CMAC of a whole message. */
    PGWARDEN_AES static void pgwarden_digest(const unsigned char *keys, int rounds, const unsigned char *whole,
                                             const unsigned char *padded, const unsigned char *data, Py_ssize_t length,
                                             unsigned char *tag) {
        __m128i state = _mm_setzero_si128(), last;
        for (; length > 16; length -= 16, data += 16)
            state = pgwarden_encrypt(keys, rounds, _mm_xor_si128(state, _mm_loadu_si128((const __m128i *) data)));
        if (length == 16)
            last = _mm_xor_si128(_mm_loadu_si128((const __m128i *) data), _mm_loadu_si128((const __m128i *) whole));
        else
            last = _mm_xor_si128(pgwarden_pad(data, length), _mm_loadu_si128((const __m128i *) padded));
        state = pgwarden_encrypt(keys, rounds, _mm_xor_si128(state, last));
        _mm_storeu_si128((__m128i *) tag, state);
    }
    #else
    static int pgwarden_has_aes(void) { return 0; }
    #define pgwarden_chain(keys, rounds, chain, blocks, count) ((void) 0)
    #define pgwarden_digest(keys, rounds, whole, padded, data, length, tag) ((void) 0)
    #endif
    """
    const unsigned char[256] SBOX "pgwarden_sbox"
    int has_aes "pgwarden_has_aes"() noexcept nogil
    void hardware_chain "pgwarden_chain"(const unsigned char *keys, int rounds, unsigned char *chain,
                                         const unsigned char *blocks, Py_ssize_t count) noexcept nogil
    void hardware_digest "pgwarden_digest"(const unsigned char *keys, int rounds, const unsigned char *whole,
                                           const unsigned char *padded, const unsigned char *data, Py_ssize_t length,
                                           unsigned char *tag) noexcept nogil
