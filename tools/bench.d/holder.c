/* holder.c PORT COUNT plain|tls|slow: opens COUNT connections to 127.0.0.1, many at once, and holds them.
 *
 * "plain" and "tls" say nothing once they are open. "slow" sends a request's head over TLS, then a byte of its body each
 * second, not all at once: a hundredth of the connections every 10 ms. When all are open it prints "open"; at the end of standard input it prints how many the server has closed
 * meanwhile, and ends. What is not needed any more of a connection is given back, so that it costs this side little. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { IN_FLIGHT = 128, MAX_EVENTS = 256, TICKS = 100 };

static const char head[] =
  "POST /chat/1.0/chat/completions HTTP/1.1\r\nHost: bench.local\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n";

struct connection {
  int fd;
  int is_open;
  SSL *ssl;
};

static struct connection *connections;
static int count, started, open_now, lost, epoll, is_slow;
static SSL_CTX *context;
static struct sockaddr_in address;

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void start_one(void) {
  struct connection *connection = &connections[started];
  connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (connection->fd < 0) die("socket");
  if (connect(connection->fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS) die("connect");
  if (context) {
    connection->ssl = SSL_new(context);
    if (!connection->ssl || SSL_set_fd(connection->ssl, connection->fd) != 1) die("SSL_new");
    SSL_set_connect_state(connection->ssl);
  }
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.u32 = (unsigned)started};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, connection->fd, &event) < 0) die("epoll_ctl");
  started++;
}

/* Whether the connection is as far as it should be before the others are waited for. */
static int is_established(struct connection *connection, unsigned events) {
  if (!connection->ssl) return (events & EPOLLOUT) != 0;
  int result = SSL_do_handshake(connection->ssl);
  if (result == 1) return 1;
  int error = SSL_get_error(connection->ssl, result);
  if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) die("TLS handshake");
  return 0;
}

static void progress(struct connection *connection, unsigned events) {
  if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
    if (!connection->is_open) {
      fprintf(stderr, "connection %d of %d was refused or ended before it was open\n", open_now + 1, count);
      exit(1);
    }
    epoll_ctl(epoll, EPOLL_CTL_DEL, connection->fd, NULL);
    lost++;
    return;
  }
  if (connection->is_open || !is_established(connection, events)) return;
  connection->is_open = 1;
  open_now++;
  if (is_slow) {
    if (SSL_write(connection->ssl, head, sizeof head - 1) != sizeof head - 1) die("SSL_write");
  } else {
    SSL_free(connection->ssl); /* the socket stays: the server cannot tell */
    connection->ssl = NULL;
  }
  if (open_now == count) {
    puts("open");
    fflush(stdout);
  }
}

/* One that the server has closed takes no more; it was counted. */
static void send_a_byte_each(int tick) {
  for (int i = tick; i < count; i += TICKS) SSL_write(connections[i].ssl, " ", 1);
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

int main(int argc, char **argv) {
  if (argc != 4) return 64;
  signal(SIGPIPE, SIG_IGN);
  address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  count = atoi(argv[2]);
  is_slow = strcmp(argv[3], "slow") == 0;
  if (strcmp(argv[3], "plain") != 0) {
    context = SSL_CTX_new(TLS_client_method());
    if (!context) die("SSL_CTX_new");
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL); /* who is measured is known */
  }
  connections = calloc((size_t)count, sizeof *connections);
  epoll = epoll_create1(EPOLL_CLOEXEC);
  if (!connections || epoll < 0) die("no memory");
  struct epoll_event input = {.events = EPOLLIN | EPOLLRDHUP, .data.u32 = (unsigned)count};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &input) < 0) die("epoll_ctl");
  struct epoll_event events[MAX_EVENTS];
  double next = seconds();
  int tick = 0;
  for (;;) {
    while (started < count && started - open_now < IN_FLIGHT) start_one();
    int n = epoll_wait(epoll, events, MAX_EVENTS, 1000 / TICKS);
    for (int i = 0; i < n; i++) {
      if (events[i].data.u32 == (unsigned)count) {
        printf("%d\n", lost);
        return 0;
      }
      progress(&connections[events[i].data.u32], events[i].events);
    }
    if (is_slow && open_now == count && seconds() >= next) {
      send_a_byte_each(tick);
      tick = (tick + 1) % TICKS;
      next = seconds() + 1.0 / TICKS;
    }
  }
}
