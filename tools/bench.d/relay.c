/* relay.c LISTEN_PORT UPSTREAM_PORT: the floor that proxies are measured against.
 *
 * Copies bytes both ways between each client connection and an upstream connection of its own, on 127.0.0.1. It parses
 * nothing, checks nothing and holds nothing back: one receive and one send per direction, and epoll between them. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_FDS = 4096, MAX_EVENTS = 256, BUFFER = 64 * 1024 };

static int peer_of[MAX_FDS];
static int gone[MAX_FDS]; /* closed while handling this batch of events: later events of the batch are stale */
static char buffer[BUFFER];

static void die(const char *what) {
  perror(what);
  exit(1);
}

static struct sockaddr_in loopback(int port) {
  return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void watch(int epoll, int fd, int peer) {
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  peer_of[fd] = peer;
  gone[fd] = 0;
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0) die("epoll_ctl");
}

static void open_pair(int epoll, int listener, const struct sockaddr_in *upstream_address) {
  int client = accept(listener, NULL, NULL);
  if (client < 0) return;
  int upstream = socket(AF_INET, SOCK_STREAM, 0);
  if (upstream < 0 || upstream >= MAX_FDS || client >= MAX_FDS) die("socket");
  if (connect(upstream, (const struct sockaddr *)upstream_address, sizeof *upstream_address) < 0) die("connect");
  watch(epoll, client, upstream);
  watch(epoll, upstream, client);
}

static void close_pair(int fd) {
  int peer = peer_of[fd];
  gone[fd] = gone[peer] = 1;
  close(fd);
  close(peer);
}

static void copy_some(int fd) {
  ssize_t received = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
  if (received < 0 && errno == EAGAIN) return;
  if (received <= 0) return close_pair(fd);
  /* a send that would block waits: nothing in this measurement fills a socket buffer */
  for (ssize_t sent = 0; sent < received;) {
    ssize_t more = send(peer_of[fd], buffer + sent, (size_t)(received - sent), MSG_NOSIGNAL);
    if (more < 0) return close_pair(fd);
    sent += more;
  }
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: relay LISTEN_PORT UPSTREAM_PORT\n");
    return 64;
  }
  struct sockaddr_in listen_address = loopback(atoi(argv[1])), upstream_address = loopback(atoi(argv[2]));
  int listener = socket(AF_INET, SOCK_STREAM, 0), epoll = epoll_create1(0), one = 1;
  if (listener < 0 || epoll < 0) die("socket");
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, (struct sockaddr *)&listen_address, sizeof listen_address) < 0) die("bind");
  if (listen(listener, 1024) < 0) die("listen");
  struct epoll_event events[MAX_EVENTS] = {{.events = EPOLLIN, .data.fd = listener}};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &events[0]) < 0) die("epoll_ctl");
  for (;;) {
    int count = epoll_wait(epoll, events, MAX_EVENTS, -1);
    if (count < 0 && errno != EINTR) die("epoll_wait");
    /* new pairs last, so that a descriptor closed in this batch is not taken again within it */
    for (int i = 0; i < count; i++)
      if (events[i].data.fd != listener && !gone[events[i].data.fd]) copy_some(events[i].data.fd);
    for (int i = 0; i < count; i++)
      if (events[i].data.fd == listener) open_pair(epoll, listener, &upstream_address);
  }
}
