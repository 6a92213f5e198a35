# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""AES and AES-CMAC: by the processor's AES instructions where it has them, else by tables. The tables are looked up by
secret bytes, so on such a processor whoever shares its cache may time them; x86-64 has had the instructions since 2010.
Sources: FIPS 197; NIST SP 800-38B."""

from libc.string cimport memcpy, memset

from proxy.masking.aes_c cimport SBOX, hardware_chain, hardware_digest, has_aes


cdef int has_hardware() noexcept nogil:
    """Whether this processor has AES instructions that this build can use."""
    return has_aes()


cdef inline unsigned char twice(unsigned char byte) noexcept nogil:
    """x times byte in GF(2^8)."""
    return <unsigned char> ((byte << 1) ^ (0x1b if byte & 0x80 else 0))


cdef void expand(Schedule *schedule, const unsigned char *key, int size) noexcept nogil:
    """The round keys, by FIPS 197 section 5.2; size is 16 or 32 bytes."""
    cdef unsigned char word[4]
    cdef unsigned char first, constant = 1
    cdef int at, i
    schedule.rounds = size // 4 + 6
    memcpy(schedule.keys, key, size)
    for at in range(size, 16 * (schedule.rounds + 1), 4):
        memcpy(word, schedule.keys + at - 4, 4)
        if at % size == 0:
            first = word[0]
            word[0] = SBOX[word[1]] ^ constant
            word[1], word[2], word[3] = SBOX[word[2]], SBOX[word[3]], SBOX[first]
            constant = twice(constant)
        elif size == 32 and at % size == 16:
            for i in range(4):
                word[i] = SBOX[word[i]]
        for i in range(4):
            schedule.keys[at + i] = schedule.keys[at + i - size] ^ word[i]


cdef void substitute_and_shift(unsigned char *state) noexcept nogil:
    """SubBytes and ShiftRows; the state is stored column by column."""
    cdef unsigned char old[16]
    cdef int i
    memcpy(old, state, 16)
    for i in range(16):
        state[i] = SBOX[old[(5 * i) & 15]]


cdef void mix_columns(unsigned char *state) noexcept nogil:
    cdef unsigned char all_, first
    cdef unsigned char *column
    cdef int i
    for i in range(4):
        column = state + 4 * i
        first, all_ = column[0], column[0] ^ column[1] ^ column[2] ^ column[3]
        column[0] ^= all_ ^ twice(column[0] ^ column[1])
        column[1] ^= all_ ^ twice(column[1] ^ column[2])
        column[2] ^= all_ ^ twice(column[2] ^ column[3])
        column[3] ^= all_ ^ twice(column[3] ^ first)


cdef inline void mix_in(unsigned char *state, const unsigned char *bytes_) noexcept nogil:
    """Adds 16 bytes to the state: AddRoundKey, and the chaining of CMAC."""
    cdef int i
    for i in range(16):
        state[i] ^= bytes_[i]


cdef void table_chain(const Schedule *schedule, unsigned char *chain, const unsigned char *blocks, Py_ssize_t count) noexcept nogil:
    """chain = AES(chain ^ block) for each block, without the processor's help."""
    cdef int round_
    while count > 0:
        mix_in(chain, blocks)
        mix_in(chain, schedule.keys)
        for round_ in range(1, schedule.rounds):
            substitute_and_shift(chain)
            mix_columns(chain)
            mix_in(chain, schedule.keys + 16 * round_)
        substitute_and_shift(chain)
        mix_in(chain, schedule.keys + 16 * schedule.rounds)
        blocks += 16
        count -= 1


cdef inline void chain_blocks(const Schedule *schedule, unsigned char *chain, const unsigned char *blocks, Py_ssize_t count) noexcept nogil:
    if schedule.hardware:
        hardware_chain(schedule.keys, schedule.rounds, chain, blocks, count)
    else:
        table_chain(schedule, chain, blocks, count)


cdef void encrypt(const Schedule *schedule, const unsigned char *block, unsigned char *result) noexcept nogil:
    """One block of 16 bytes; result may be block."""
    cdef unsigned char state[16]
    memset(state, 0, 16)
    chain_blocks(schedule, state, block, 1)
    memcpy(result, state, 16)


cdef void double_block(unsigned char *block) noexcept nogil:
    """x times the block in GF(2^128): one step of the subkeys, SP 800-38B section 6.1."""
    cdef unsigned char carry = 0x87 if block[0] & 0x80 else 0
    cdef int i
    for i in range(15):
        block[i] = <unsigned char> ((block[i] << 1) | (block[i + 1] >> 7))
    block[15] = <unsigned char> (block[15] << 1) ^ carry


cdef void set_key(Cmac *cmac, const unsigned char *key, int size, int hardware) noexcept nogil:
    """Prepares a key of 16 or 32 bytes. hardware: use the processor's instructions; only where it has them."""
    expand(&cmac.schedule, key, size)
    cmac.schedule.hardware = hardware
    memset(cmac.whole, 0, 16)
    encrypt(&cmac.schedule, cmac.whole, cmac.whole)
    double_block(cmac.whole)
    memcpy(cmac.padded, cmac.whole, 16)
    double_block(cmac.padded)


cdef inline void last_block(const Cmac *cmac, const unsigned char *data, Py_ssize_t length, unsigned char *chain) noexcept nogil:
    """The block that ends a message; length is 0 to 16."""
    cdef unsigned char block[16]
    if length == 16:
        mix_in(chain, cmac.whole)
        chain_blocks(&cmac.schedule, chain, data, 1)
        return
    memset(block, 0, 16)
    if length > 0:
        memcpy(block, data, length)
    block[length] = 0x80
    mix_in(chain, cmac.padded)
    chain_blocks(&cmac.schedule, chain, block, 1)


cdef void digest(const Cmac *cmac, const unsigned char *data, Py_ssize_t length, unsigned char *tag) noexcept nogil:
    """The CMAC of a whole message: tag (16,), which must not overlap it."""
    cdef Py_ssize_t blocks = (length - 1) >> 4 if length > 0 else 0
    if cmac.schedule.hardware:
        hardware_digest(cmac.schedule.keys, cmac.schedule.rounds, cmac.whole, cmac.padded, data, length, tag)
        return
    memset(tag, 0, 16)
    if blocks > 0:
        chain_blocks(&cmac.schedule, tag, data, blocks)
    last_block(cmac, data + 16 * blocks, length - 16 * blocks, tag)


cdef void begin(Pieces *pieces) noexcept nogil:
    """A message that comes in pieces begins."""
    memset(pieces.state, 0, 16)
    pieces.held = 0


cdef void add(const Cmac *cmac, Pieces *pieces, const unsigned char *data, Py_ssize_t length) noexcept nogil:
    """The next piece of the message. A block is chained only when more follows: the last one is treated by itself."""
    cdef Py_ssize_t size
    while length > 0:
        if pieces.held == 16:
            chain_blocks(&cmac.schedule, pieces.state, pieces.block, 1)
            pieces.held = 0
        size = min(length, 16 - pieces.held)
        memcpy(pieces.block + pieces.held, data, size)
        pieces.held += <int> size
        data += size
        length -= size


cdef void finish(const Cmac *cmac, Pieces *pieces, unsigned char *tag) noexcept nogil:
    """The CMAC of all pieces: tag (16,)."""
    last_block(cmac, pieces.block, pieces.held, pieces.state)
    memcpy(tag, pieces.state, 16)


cdef class Aes:
    """A key of 16 or 32 bytes. engine: "hardware", "table", or "best": hardware where the processor has it.
    Raises ValueError: another length, another engine, no such hardware."""
    cdef Cmac _cmac

    def __cinit__(self, bytes key not None, str engine not None = "best"):
        if len(key) not in (16, 32):
            raise ValueError("an AES key has 16 or 32 bytes")
        if engine not in ("hardware", "table", "best"):
            raise ValueError("engine: hardware, table or best")
        if engine == "hardware" and not has_hardware():
            raise ValueError("this processor has no AES instructions")
        set_key(&self._cmac, key, <int> len(key), engine != "table" and has_hardware())

    def __dealloc__(self):
        memset(&self._cmac, 0, sizeof(Cmac))

    def encrypt(self, bytes block not None) -> bytes:
        """One block, shape (16,) in and out. Raises ValueError: another length."""
        cdef unsigned char result[16]
        if len(block) != 16:
            raise ValueError("a block has 16 bytes")
        encrypt(&self._cmac.schedule, block, result)
        return result[:16]

    def digest(self, bytes message not None) -> bytes:
        """The CMAC of a message, shape (16,)."""
        cdef unsigned char tag[16]
        digest(&self._cmac, message, len(message), tag)
        return tag[:16]

    def digest_pieces(self, list pieces not None) -> bytes:
        """The CMAC of a message that comes in pieces, shape (16,)."""
        cdef unsigned char tag[16]
        cdef Pieces state
        begin(&state)
        for piece in pieces:
            add(&self._cmac, &state, <bytes?> piece, len(piece))
        finish(&self._cmac, &state, tag)
        return tag[:16]


def engines() -> tuple[str, ...]:
    """The engines that this processor can run."""
    return ("hardware", "table") if has_hardware() else ("table",)
