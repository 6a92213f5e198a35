/* A hop that only forwards bytes: what the kernel charges for any proxy. One thread, epoll, no parsing.
 *
 *     bare LISTEN_PORT UPSTREAM_PORT            prints "listening PORT"
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CHUNK = 65536, EVENTS = 64, DESCRIPTORS = 4096 };

static int peer[DESCRIPTORS];
static char chunk[CHUNK];

static void die(const char *what) {
    perror(what);
    exit(1);
}

static struct sockaddr_in loopback(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static void watch(int epoll, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)) die("epoll_ctl");
}

static void pair(int epoll, int listener, int upstream_port) {
    struct sockaddr_in address = loopback(upstream_port);
    int client = accept(listener, NULL, NULL), server = socket(AF_INET, SOCK_STREAM, 0);
    if (client < 0 || server < 0) die("accept");
    if (client >= DESCRIPTORS || server >= DESCRIPTORS || connect(server, (struct sockaddr *)&address, sizeof address)) {
        close(client);
        close(server);
        return;
    }
    peer[client] = server;
    peer[server] = client;
    watch(epoll, client);
    watch(epoll, server);
}

static int send_all(int fd, const char *data, ssize_t size) {
    while (size > 0) {
        ssize_t sent = send(fd, data, (size_t)size, MSG_NOSIGNAL); /* blocking: a bench has no slow readers */
        if (sent < 0) return -1;
        data += sent;
        size -= sent;
    }
    return 0;
}

static void forward(int fd) {
    int other = peer[fd];
    ssize_t size;
    if (other < 0) return; /* closed by its peer earlier in this batch */
    size = recv(fd, chunk, CHUNK, 0);
    if (size <= 0 || send_all(other, chunk, size)) {
        peer[fd] = peer[other] = -1;
        close(fd);
        close(other);
    }
}

int main(int argc, char **argv) {
    struct epoll_event events[EVENTS];
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    int epoll = epoll_create1(0), listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (argc != 3) return 2;
    memset(peer, -1, sizeof peer);
    address = loopback(atoi(argv[1]));
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 512)) die("listen");
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("listening %d\n", ntohs(address.sin_port));
    fflush(stdout);
    watch(epoll, listener);
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS, -1);
        if (count < 0 && errno != EINTR) die("epoll_wait");
        for (int index = 0; index < count; index++) {
            if (events[index].data.fd == listener)
                pair(epoll, listener, atoi(argv[2]));
            else
                forward(events[index].data.fd);
        }
    }
}
