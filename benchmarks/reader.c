/* The fastest client there can be: asks one query and counts what comes back, without looking into the values.
 *
 *     reader PORT USER DATABASE FORMAT SQL      FORMAT 0 text, 1 binary; trust authentication; 127.0.0.1
 *
 * Prints {"rows": …, "bytes": …, "seconds": …, "sum": …}. seconds run from the send to ReadyForQuery; sum is a checksum of the lengths
 * and last bytes of all DataRows, by which two runs are known to have had the same answer.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CHUNK = 262144 };

static unsigned char chunk[CHUNK];
static size_t at, end; /* what is unread in chunk */
static uint64_t total, rows, sum;
static int fd;

static void die(const char *what) {
    fprintf(stderr, "%s\n", what);
    exit(1);
}

/* Compacts and receives until size bytes lie in a row; 0 asks for at least one byte more. */
static void need(size_t size) {
    while (end - at < size) {
        ssize_t got;
        if (at + size > CHUNK || end == CHUNK) {
            memmove(chunk, chunk + at, end - at);
            end -= at;
            at = 0;
        }
        if (size > CHUNK) die("a frame is larger than the buffer");
        got = recv(fd, chunk + end, CHUNK - end, 0);
        if (got <= 0) die("the server closed the connection");
        total += (uint64_t)got;
        end += (size_t)got;
    }
}

static uint32_t word(const unsigned char *from) {
    uint32_t value;
    memcpy(&value, from, 4);
    return ntohl(value);
}

/* Reads frames up to ReadyForQuery. */
static void until_ready(void) {
    for (;;) {
        unsigned char type;
        size_t size;
        need(5);
        type = chunk[at];
        size = 1 + (size_t)word(chunk + at + 1);
        need(size);
        if (type == 'E') {
            fwrite(chunk + at + 5, 1, size - 5, stderr);
            die(": an error");
        }
        if (type == 'D') {
            rows++;
            sum = sum * 31 + size + chunk[at + size - 1];
        }
        at += size;
        if (type == 'Z') return;
    }
}

static unsigned char out[65536];
static size_t used;

static void put(const void *data, size_t size) {
    if (used + size > sizeof out) die("the query is too long");
    memcpy(out + used, data, size);
    used += size;
}

static void put_text(const char *text) { put(text, strlen(text) + 1); }

static void put_word(uint32_t value) {
    value = htonl(value);
    put(&value, 4);
}

static void put_short(uint16_t value) {
    value = htons(value);
    put(&value, 2);
}

static size_t begin(char type) {
    if (type) put(&type, 1);
    put_word(0);
    return used - 4;
}

static void finish(size_t start) {
    uint32_t length = htonl((uint32_t)(used - start));
    memcpy(out + start, &length, 4);
}

static void flush(void) {
    if (send(fd, out, used, MSG_NOSIGNAL) != (ssize_t)used) die("send failed");
    used = 0;
}

static void log_in(const char *user, const char *database) {
    size_t start = begin(0);
    put_word(196608);
    put_text("user");
    put_text(user);
    put_text("database");
    put_text(database);
    put("", 1);
    finish(start);
    flush();
    until_ready();
}

static void ask(const char *sql, int format) {
    size_t start = begin('P');
    put_text("");
    put_text(sql);
    put_short(0);
    finish(start);
    start = begin('B');
    put_text("");
    put_text("");
    put_short(0);
    put_short(0);
    put_short(1);
    put_short((uint16_t)format);
    finish(start);
    start = begin('D');
    put("P", 1);
    put_text("");
    finish(start);
    start = begin('E');
    put_text("");
    put_word(0);
    finish(start);
    finish(begin('S'));
    flush();
}

static double now(void) {
    struct timespec moment;
    clock_gettime(CLOCK_MONOTONIC, &moment);
    return (double)moment.tv_sec + (double)moment.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    double started;
    if (argc != 6) return 2;
    address.sin_port = htons((uint16_t)atoi(argv[1]));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address)) die("cannot connect");
    log_in(argv[2], argv[3]);
    total = 0;
    started = now();
    ask(argv[5], atoi(argv[4]));
    until_ready();
    printf("{\"rows\": %llu, \"bytes\": %llu, \"seconds\": %.6f, \"sum\": %llu}\n", (unsigned long long)rows,
           (unsigned long long)total, now() - started, (unsigned long long)sum);
    return 0;
}
