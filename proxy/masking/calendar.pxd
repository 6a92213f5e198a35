# Days and their calendar dates, and the clock, for the kernels of date and time. Days count from 2000-01-01, as PostgreSQL's do.
# Source: the proleptic Gregorian calendar, by the formulas of j2date and date2j (datetime.c).
from proxy.masking.numbers cimport count_digits, read_digits

cdef enum:
    DAY_S = 86400
    MASK_FIRST_DAY = -25567   # 1930-01-01
    MASK_DAYS = 36525         # up to 2029-12-31

cdef inline long long last_hour() noexcept nogil:
    """The last hour of the longest interval: below it, microseconds fit 64 bits."""
    return 2562047788

cdef struct Date:
    int year, month, day      # of the year before 1 the number is 0

cdef struct Reader:           # a text that is read from its start
    const unsigned char *at
    Py_ssize_t left


cdef inline long long day_number(long long year, int month, int day) noexcept nogil:
    """The day of a date; month and day are in their ranges, the year is not below -4800."""
    cdef long long years, shifted
    if month > 2:
        shifted, years = month + 1, year + 4800
    else:
        shifted, years = month + 13, year + 4799
    return years * 365 + years // 4 - years // 100 + years // 400 + 7834 * shifted // 256 + day - 32167 - 2451545


cdef inline Date calendar_date(long long day) noexcept nogil:
    """The date of a day from 1930 to 2029."""
    cdef Date date
    cdef long long shifted = day + 719468 + 10957, era = shifted // 146097, rest = shifted - 146097 * era
    cdef long long years = (rest - rest // 1460 + rest // 36524 - rest // 146096) // 365
    cdef long long of_year = rest - (365 * years + years // 4 - years // 100), month = (5 * of_year + 2) // 153
    date.day = <int> (of_year - (153 * month + 2) // 5 + 1)
    date.month = <int> (month + 3 if month < 10 else month - 9)
    date.year = <int> (years + 400 * era + (1 if date.month <= 2 else 0))
    return date


cdef inline int take(Reader *text, unsigned char byte) noexcept nogil:
    """Whether the next byte is this one; then it is read."""
    if text.left == 0 or text.at[0] != byte:
        return False
    text.at, text.left = text.at + 1, text.left - 1
    return True


cdef inline int take_number(Reader *text, int least, int most, long long *number) noexcept nogil:
    """Reads a number of least to most (at most 18) digits; whether there is one."""
    cdef Py_ssize_t count = count_digits(text.at, text.left)
    if not least <= count <= most:
        return False
    number[0] = <long long> read_digits(text.at, count)
    text.at, text.left = text.at + count, text.left - count
    return True


cdef inline int take_clock(Reader *text, int hour_digits, long long *microseconds) noexcept nogil:
    """Reads HH:MM:SS with up to six digits behind a point; whether it is there. hour_digits: at most."""
    cdef long long hour = 0, minute = 0, second = 0, fraction = 0
    cdef Py_ssize_t digits
    if not (take_number(text, 2, hour_digits, &hour) and take(text, c":") and take_number(text, 2, 2, &minute)
            and take(text, c":") and take_number(text, 2, 2, &second) and minute < 60 and second <= 60
            and hour < last_hour()):
        return False
    if take(text, c"."):
        digits = text.left
        if not take_number(text, 1, 6, &fraction):
            return False
        for digits in range(digits - text.left, 6):
            fraction *= 10
    microseconds[0] = ((hour * 60 + minute) * 60 + second) * 1000000 + fraction
    return True


cdef inline int take_date(Reader *text, Date *date) noexcept nogil:
    """Reads YYYY-MM-DD, as every date is written where DateStyle is ISO; whether it is there."""
    cdef long long year = 0, month = 0, day = 0
    if not (take_number(text, 4, 7, &year) and take(text, c"-") and take_number(text, 2, 2, &month)
            and take(text, c"-") and take_number(text, 2, 2, &day)):
        return False
    date.year, date.month, date.day = <int> year, <int> month, <int> day
    return year > 0 and 0 < month <= 12 and 0 < day <= 31


cdef inline int take_zone(Reader *text, long long *seconds) noexcept nogil:
    """Reads +HH, +HH:MM or +HH:MM:SS, seconds east of UTC; whether it is there."""
    cdef long long hour = 0, minute = 0, second = 0
    cdef int west = take(text, c"-")
    if not (west or take(text, c"+")) or not take_number(text, 2, 2, &hour):
        return False
    if take(text, c":") and not take_number(text, 2, 2, &minute):
        return False
    if take(text, c":") and not take_number(text, 2, 2, &second):
        return False
    seconds[0] = (hour * 60 + minute) * 60 + second
    if west:
        seconds[0] = -seconds[0]
    return True


cdef inline int take_era(Reader *text, Date *date) noexcept nogil:
    """Reads what may follow a date, BC, and the end of the text; whether nothing else is there."""
    if take(text, c" "):
        if not (take(text, c"B") and take(text, c"C")):
            return False
        date.year = 1 - date.year
    return text.left == 0 and date.year > -4800


cdef inline unsigned char *put_two(unsigned char *at, long long number) noexcept nogil:
    """Writes a number below 100 with two digits."""
    at[0], at[1] = <unsigned char> (c"0" + number // 10), <unsigned char> (c"0" + number % 10)
    return at + 2


cdef inline unsigned char *put_date(unsigned char *at, long long day) noexcept nogil:
    """Writes YYYY-MM-DD, 10 bytes."""
    cdef Date date = calendar_date(day)
    at = put_two(put_two(at, date.year // 100), date.year % 100)
    at[0] = c"-"
    at = put_two(at + 1, date.month)
    at[0] = c"-"
    return put_two(at + 1, date.day)


cdef inline unsigned char *put_clock(unsigned char *at, long long second) noexcept nogil:
    """Writes HH:MM:SS, 8 bytes."""
    at = put_two(at, second // 3600)
    at[0] = c":"
    at = put_two(at + 1, second // 60 % 60)
    at[0] = c":"
    return put_two(at + 1, second % 60)
