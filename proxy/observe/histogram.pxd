# Durations counted by powers of two, for C callers: a lane holds one Histogram per thing it times.

cdef enum:
    BUCKETS = 25  # 1, 2, 4 … 2^23 microseconds, then everything longer

cdef struct Histogram:
    long long counts[BUCKETS]
    long long total_ns


cdef extern from *:
    """
    static inline int pgwarden_bit_length(unsigned long long value) { return value ? 64 - __builtin_clzll(value) : 0; }
    """
    int pgwarden_bit_length(unsigned long long value) noexcept nogil


cdef inline void histogram_add(Histogram *histogram, long long ns) noexcept nogil:
    """Counts one duration in nanoseconds; a negative one (a clock that went back) counts as 0. Bucket i holds what is
    longer than 2^(i-1) and at most 2^i microseconds."""
    cdef int bucket = 0
    if ns < 0:
        ns = 0
    if ns > 1000:
        bucket = pgwarden_bit_length(<unsigned long long>(ns - 1) // 1000)
        if bucket >= BUCKETS:
            bucket = BUCKETS - 1
    histogram.counts[bucket] += 1
    histogram.total_ns += ns
