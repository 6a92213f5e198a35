# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""date, time, timetz, timestamp, timestamptz and interval. Sources: manual, "Date/Time Types"; date.c, timestamp.c.

A masked value has whole seconds, so it fits every precision, and lies from 1930 to 2029; one with a time zone is in UTC. Texts are read where
DateStyle is ISO and IntervalStyle is postgres, the defaults; in the other styles, which do not say which number is the
day, and at the infinities a value does not fit."""

from proxy.masking.calendar cimport (
    DAY_S, MASK_DAYS, MASK_FIRST_DAY, Date, Reader, day_number, put_clock, put_date, take, take_clock, take_date,
    take_era, take_number, take_zone,
)
from proxy.masking.cell cimport APPENDED, NO_MEMORY, UNFIT, Mask, Out, append, be32, be64, keyed64, put32, put64, reserve
from proxy.masking.numbers cimport put_digits

cdef enum:
    LATEST_YEAR = 294276      # of a timestamp
    LONGEST_INTERVAL = 366    # days of a masked interval, exclusive

cdef long long DAY_US = <long long> DAY_S * 1000000
cdef const unsigned char *UNITS[3]
UNITS[0], UNITS[1], UNITS[2] = b"year", b"mon", b"day"


cdef inline unsigned long long keyed_moment(const Mask *mask, long long number) noexcept nogil:
    """64 keyed bits of a number of days or microseconds."""
    cdef unsigned char canonical[8]
    put64(canonical, <unsigned long long> number)
    return keyed64(mask, canonical, 8)


cdef inline unsigned long long keyed_pair(const Mask *mask, long long first, long long second) noexcept nogil:
    """64 keyed bits of two numbers."""
    cdef unsigned char canonical[16]
    put64(canonical, <unsigned long long> first)
    put64(canonical + 8, <unsigned long long> second)
    return keyed64(mask, canonical, 16)


cdef inline long long masked_day(unsigned long long random) noexcept nogil:
    return MASK_FIRST_DAY + <long long> (random % MASK_DAYS)


cdef inline long long masked_second(unsigned long long random) noexcept nogil:
    """The second of a day, from bits that masked_day has not used."""
    return <long long> (random // MASK_DAYS % DAY_S)


cdef inline int is_end(unsigned int number) noexcept nogil:
    """Whether 32 bits in two's complement are the highest or the lowest number."""
    return number == 0x7fffffff or number == <unsigned int> 1 << 31


cdef inline Reader reader(const unsigned char *value, Py_ssize_t length) noexcept nogil:
    cdef Reader text
    text.at, text.left = value, length
    return text


cdef int date_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """YYYY-MM-DD for YYYY-MM-DD, maybe BC."""
    cdef Reader text = reader(value, length)
    cdef Date date
    if not take_date(&text, &date) or not take_era(&text, &date):
        return UNFIT
    if reserve(out, 10) != 0:
        return NO_MEMORY
    put_date(out.data + out.used, masked_day(keyed_moment(mask, day_number(date.year, date.month, date.day))))
    out.used += 10
    return APPENDED


cdef int date_binary(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """Days since 2000-01-01 in 32 bits; the two ends are the infinities."""
    cdef unsigned char masked[4]
    if length != 4 or is_end(be32(value)):
        return UNFIT
    put32(masked, <unsigned int> masked_day(keyed_moment(mask, <int> be32(value))))
    return append(out, masked, 4)


cdef int append_timestamp(const Mask *mask, Reader *text, Date date, long long clock, long long zone, Out *out) noexcept nogil:
    """The masked text of a moment whose date and time have been read; the caller adds the zone."""
    cdef long long moment
    cdef unsigned long long random
    cdef unsigned char *at
    if not take_era(text, &date) or date.year > LATEST_YEAR:
        return UNFIT
    moment = day_number(date.year, date.month, date.day) * DAY_US + clock - zone * 1000000
    if reserve(out, 22) != 0:
        return NO_MEMORY
    random = keyed_moment(mask, moment)
    at = put_date(out.data + out.used, masked_day(random))
    at[0] = c" "
    put_clock(at + 1, masked_second(random))
    out.used += 19
    return APPENDED


cdef int timestamp_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """YYYY-MM-DD HH:MM:SS for the same with any precision, maybe BC."""
    cdef Reader text = reader(value, length)
    cdef Date date
    cdef long long clock = 0
    if not (take_date(&text, &date) and take(&text, c" ") and take_clock(&text, 2, &clock)):
        return UNFIT
    return append_timestamp(mask, &text, date, clock, 0, out)


cdef int timestamptz_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """YYYY-MM-DD HH:MM:SS+00 for the same in any time zone."""
    cdef Reader text = reader(value, length)
    cdef Date date
    cdef long long clock = 0, zone = 0
    cdef int done
    if not (take_date(&text, &date) and take(&text, c" ") and take_clock(&text, 2, &clock) and take_zone(&text, &zone)):
        return UNFIT
    done = append_timestamp(mask, &text, date, clock, zone, out)
    return append(out, b"+00", 3) if done == APPENDED else done


cdef int timestamp_binary(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """Microseconds since 2000-01-01 in 64 bits, with a time zone those of UTC; the two ends are the infinities."""
    cdef unsigned char masked[8]
    cdef unsigned long long random
    if length != 8 or be64(value) + 1 == <unsigned long long> 1 << 63 or be64(value) == <unsigned long long> 1 << 63:
        return UNFIT
    random = keyed_moment(mask, <long long> be64(value))
    put64(masked, <unsigned long long> (masked_day(random) * DAY_US + masked_second(random) * 1000000))
    return append(out, masked, 8)


cdef int append_time(unsigned long long random, Out *out) noexcept nogil:
    if reserve(out, 8) != 0:
        return NO_MEMORY
    put_clock(out.data + out.used, masked_second(random))
    out.used += 8
    return APPENDED


cdef int time_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """HH:MM:SS for the same with any precision."""
    cdef Reader text = reader(value, length)
    cdef long long clock = 0
    if not take_clock(&text, 2, &clock) or text.left != 0:
        return UNFIT
    return append_time(keyed_moment(mask, clock), out)


cdef int time_binary(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """Microseconds since midnight in 64 bits."""
    cdef unsigned char masked[8]
    if length != 8:
        return UNFIT
    put64(masked, <unsigned long long> masked_second(keyed_moment(mask, <long long> be64(value))) * 1000000)
    return append(out, masked, 8)


cdef int timetz_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """HH:MM:SS+00 for the same in any zone. Times in two zones are never equal."""
    cdef Reader text = reader(value, length)
    cdef long long clock = 0, zone = 0
    if not take_clock(&text, 2, &clock) or not take_zone(&text, &zone) or text.left != 0:
        return UNFIT
    if append_time(keyed_pair(mask, clock, -zone), out) != APPENDED:
        return NO_MEMORY
    return append(out, b"+00", 3)


cdef int timetz_binary(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """Microseconds since midnight in 64 bits, then the zone in seconds west of UTC in 32."""
    cdef unsigned char masked[12]
    cdef unsigned long long random
    if length != 12:
        return UNFIT
    random = keyed_pair(mask, <long long> be64(value), <int> be32(value + 8))
    put64(masked, <unsigned long long> masked_second(random) * 1000000)
    put32(masked + 8, 0)
    return append(out, masked, 12)


cdef unsigned long long keyed_interval(const Mask *mask, long long months, long long days, long long microseconds) noexcept nogil:
    """64 keyed bits of an interval. Two are equal where a month of 30 days and a day of 24 hours make them so."""
    cdef long long rest = microseconds % DAY_US
    if rest < 0:
        rest += DAY_US
    return keyed_pair(mask, months * 30 + days + (microseconds - rest) // DAY_US, rest)


cdef int take_unit(Reader *text, const unsigned char *unit) noexcept nogil:
    """Reads a unit's name, with or without the s of many; whether it is there and a space or the end behind it."""
    while unit[0] != 0:
        if not take(text, unit[0]):
            return False
        unit += 1
    take(text, c"s")
    return text.left == 0 or take(text, c" ")


cdef int take_interval(Reader *text, long long *fields, long long *clock) noexcept nogil:
    """Reads [N years] [N mons] [N days] [HH:MM:SS], each with a sign of its own; fields (3,). Whether it is all."""
    cdef Reader before
    cdef int unit, negative
    for unit in range(3):
        before = text[0]
        negative = take(text, c"-")
        if not negative:
            take(text, c"+")
        if take_number(text, 1, 10, &fields[unit]) and take(text, c" ") and take_unit(text, UNITS[unit]):
            fields[unit] = -fields[unit] if negative else fields[unit]
        else:
            text[0], fields[unit] = before, 0
    if text.left == 0:
        return True
    negative = take(text, c"-")
    if not negative:
        take(text, c"+")
    if not take_clock(text, 10, clock):
        return False
    clock[0] = -clock[0] if negative else clock[0]
    return text.left == 0


cdef int interval_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """N days HH:MM:SS for an interval."""
    cdef Reader text = reader(value, length)
    cdef long long fields[3]
    cdef long long clock = 0
    cdef unsigned long long random
    if length == 0 or not take_interval(&text, fields, &clock):
        return UNFIT
    random = keyed_interval(mask, 12 * fields[0] + fields[1], fields[2], clock)
    if reserve(out, 20) != 0:
        return NO_MEMORY
    out.used += put_digits(out.data + out.used, random % LONGEST_INTERVAL)
    if append(out, b" days ", 6) != 0:
        return NO_MEMORY
    return append_time(random, out)


cdef int interval_binary(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """Microseconds in 64 bits, days and months in 32 each; the two ends of all three are the infinities."""
    cdef unsigned char masked[16]
    cdef unsigned long long random
    if length != 16 or is_end(be32(value + 12)):
        return UNFIT
    random = keyed_interval(mask, <int> be32(value + 12), <int> be32(value + 8), <long long> be64(value))
    put64(masked, <unsigned long long> masked_second(random) * 1000000)
    put32(masked + 8, <unsigned int> (random % LONGEST_INTERVAL))
    put32(masked + 12, 0)
    return append(out, masked, 16)
