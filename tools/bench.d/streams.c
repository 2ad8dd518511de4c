/* streams serve PORT EVENTS MILLIS: a model that streams: EVENTS server-sent events, MILLIS apart, the first at once.
 * streams ask PORT STREAMS SECONDS: STREAMS clients, one after the other over SECONDS, each on a connection of its own. It
 * prints as JSON what they saw: nanoseconds from asking to the first event, and how old events were when they arrived.
 *
 * Every event carries the time at which it was sent, so that both ends being on one machine tells its age. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_FDS = 8192, MAX_EVENTS = 256, BUFFER = 8192 };

struct stream {
  uint64_t next;  /* serving: when its next event is due; asking: when it asks */
  int left;       /* serving: events to send; 0: idle */
  uint64_t asked; /* asking: when it asked; 0: not yet */
  int seen;       /* asking: events that have come */
  size_t held;    /* bytes of an event, or of a request, whose end has not come */
  char bytes[BUFFER];
};

static struct stream *streams[MAX_FDS];
static int top; /* above all descriptors in use */

static void die(const char *what) {
  perror(what);
  exit(1);
}

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static struct sockaddr_in loopback(int port) {
  return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static struct stream *watch(int epoll, int fd) {
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (fd >= top) top = fd + 1;
  if (fd >= MAX_FDS || !(streams[fd] = calloc(1, sizeof *streams[fd]))) die("too many streams");
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0) die("epoll_ctl");
  return streams[fd];
}

/* What has come is added to what is held, which stays text. 0: the peer has closed. */
static int receive(int fd) {
  struct stream *stream = streams[fd];
  ssize_t count = recv(fd, stream->bytes + stream->held, sizeof stream->bytes - 1 - stream->held, MSG_DONTWAIT);
  if (count < 0 && errno == EAGAIN) return 1;
  if (count <= 0) return 0;
  stream->held += (size_t)count;
  stream->bytes[stream->held] = 0;
  return 1;
}

static void forget(struct stream *stream, const char *end) {
  stream->held -= (size_t)(end - stream->bytes);
  memmove(stream->bytes, end, stream->held + 1);
}

static void send_text(int fd, const char *text, size_t count) {
  if (send(fd, text, count, MSG_NOSIGNAL) != (ssize_t)count) die("send");
}

/* MARK: serving */

static void take_request(int fd, int events) {
  struct stream *stream = streams[fd];
  char *body = strstr(stream->bytes, "\r\n\r\n"), *length = strcasestr(stream->bytes, "\r\ncontent-length:");
  if (!body || !length || length > body) return;
  char *end = body + 4 + atol(length + 17);
  if (end > stream->bytes + stream->held) return;
  static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
  send_text(fd, head, sizeof head - 1);
  forget(stream, end);
  stream->left = events;
  stream->next = now();
}

static void send_event(int fd, uint64_t millis) {
  struct stream *stream = streams[fd];
  char event[256], chunk[300];
  int count = snprintf(event, sizeof event, "data: {\"sent\":%020llu,\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word \"}}]}\n\n", (unsigned long long)now());
  count = snprintf(chunk, sizeof chunk, "%x\r\n%s\r\n%s", (unsigned)count, event, stream->left == 1 ? "0\r\n\r\n" : "");
  send_text(fd, chunk, (size_t)count);
  stream->left -= 1;
  stream->next += millis * 1000000;
}

static void serve(int port, int events, uint64_t millis) {
  struct sockaddr_in address = loopback(port);
  int listener = socket(AF_INET, SOCK_STREAM, 0), epoll = epoll_create1(0), one = 1;
  if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0) die("setsockopt");
  if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 1024) < 0) die("listen");
  struct epoll_event ready[MAX_EVENTS] = {{.events = EPOLLIN, .data.fd = listener}};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, ready) < 0) die("epoll_ctl");
  for (;;) {
    int count = epoll_wait(epoll, ready, MAX_EVENTS, 1);
    for (int i = 0; i < count; i++) {
      int fd = ready[i].data.fd;
      if (fd == listener) {
        if ((fd = accept(listener, NULL, NULL)) >= 0) watch(epoll, fd);
      } else if (receive(fd)) {
        take_request(fd, events);
      } else {
        close(fd);
        free(streams[fd]);
        streams[fd] = NULL;
      }
    }
    uint64_t present = now();
    for (int fd = 0; fd < top; fd++)
      if (streams[fd] && streams[fd]->left > 0 && streams[fd]->next <= present) send_event(fd, millis);
  }
}

/* MARK: asking */

static uint64_t *firsts, *ages;
static size_t first_count, age_count;

static void ask(int fd) {
  static const char body[] = "{\"model\":\"gpt-4\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Tell me a story.\"}]}";
  char request[512];
  int count = snprintf(request, sizeof request, "POST /chat/1.0/chat/completions HTTP/1.1\r\nHost: bench.local\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", sizeof body - 1, body);
  streams[fd]->asked = now();
  send_text(fd, request, (size_t)count);
}

/* Every whole event of what is held. 1: the answer has ended. */
static int take_events(int fd) {
  struct stream *stream = streams[fd];
  for (char *mark; (mark = strstr(stream->bytes, "\"sent\":")) && strlen(mark) > 27;) {
    uint64_t present = now();
    ages[age_count++] = present - strtoull(mark + 7, NULL, 10);
    if (stream->seen++ == 0) firsts[first_count++] = present - stream->asked;
    forget(stream, mark + 27);
  }
  return strstr(stream->bytes, "\r\n0\r\n\r\n") != NULL;
}

static int by_size(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

static void print(const char *name, uint64_t *values, size_t count) {
  qsort(values, count, sizeof *values, by_size);
  printf("\"%s\":{\"count\":%zu,\"p50\":%llu,\"p99\":%llu,\"max\":%llu}", name, count, (unsigned long long)values[count / 2],
         (unsigned long long)values[count * 99 / 100], (unsigned long long)values[count - 1]);
}

static int ask_all(int port, int count, double seconds) {
  struct sockaddr_in address = loopback(port);
  int epoll = epoll_create1(0), open = count;
  firsts = calloc((size_t)count, sizeof *firsts);
  ages = calloc((size_t)count * 1024, sizeof *ages);
  for (int i = 0; i < count; i++) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) die("connect");
    watch(epoll, fd);
  }
  uint64_t begun = now() + 100000000;
  for (int fd = 0, i = 0; fd < top; fd++)
    if (streams[fd]) streams[fd]->next = begun + (uint64_t)(i++ * seconds * 1e9 / count);
  while (open > 0) {
    struct epoll_event ready[MAX_EVENTS];
    int found = epoll_wait(epoll, ready, MAX_EVENTS, 1);
    for (int i = 0; i < found; i++) {
      int fd = ready[i].data.fd, is_open = receive(fd);
      if (!take_events(fd)) {
        if (is_open) continue;
        fprintf(stderr, "a stream was cut after %d events, behind %s\n", streams[fd]->seen, streams[fd]->bytes);
        exit(1);
      }
      close(fd);
      free(streams[fd]);
      streams[fd] = NULL;
      open -= 1;
    }
    uint64_t present = now();
    for (int fd = 0; fd < top; fd++)
      if (streams[fd] && !streams[fd]->asked && streams[fd]->next <= present) ask(fd);
  }
  printf("{");
  print("first", firsts, first_count);
  printf(",");
  print("ages", ages, age_count);
  printf("}\n");
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 5 && !strcmp(argv[1], "serve")) serve(atoi(argv[2]), atoi(argv[3]), (uint64_t)atoi(argv[4]));
  if (argc == 5 && !strcmp(argv[1], "ask")) return ask_all(atoi(argv[2]), atoi(argv[3]), atof(argv[4]));
  fprintf(stderr, "usage: streams serve PORT EVENTS MILLIS | streams ask PORT STREAMS SECONDS\n");
  return 64;
}
