# Keyed BLAKE2b (RFC 7693) for the chain and for digests. A Keyed is the state after the key's block: made once, copied
# for each message. A message is never empty here: the key's block must not be the last one.

cdef struct Keyed:
    unsigned long long state[8]
    int size                      # bytes of the hash, 1 to 64

cdef struct Hash:
    unsigned long long state[8]
    unsigned long long counted    # bytes compressed, the key's block included
    unsigned char block[128]
    int used
    int size

cdef void hash_key(Keyed *keyed, const unsigned char *key, int key_length, int size) noexcept nogil
cdef void hash_start(Hash *hash, const Keyed *keyed) noexcept nogil
cdef void hash_update(Hash *hash, const unsigned char *data, Py_ssize_t length) noexcept nogil
cdef void hash_finish(Hash *hash, unsigned char *out) noexcept nogil
