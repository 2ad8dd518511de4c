/* clinux.h: one thin `static inline` per system call that Swift's Glibc module lacks or makes awkward.
 * Each returns the call's result, or -errno: errno is read here and nowhere else.
 *
 * Calls that only _GNU_SOURCE declares stand in clinux.c: defined here, it would change system types under the
 * feet of other modules that include the same headers without it. */
#ifndef CLINUX_H
#define CLINUX_H

#include "block.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define CL_RESULT(call) ({ __typeof__(call) cl_r = (call); cl_r < 0 ? (__typeof__(call))-errno : cl_r; })

/* ---- files and memory ---- */

static inline int cl_open_read(const char *path) { return CL_RESULT(open(path, O_RDONLY | O_CLOEXEC)); }
static inline int cl_close(int fd) { return CL_RESULT(close(fd)); }
static inline ssize_t cl_read(int fd, void *into, size_t count) { return CL_RESULT(read(fd, into, count)); }
/* Whether a write of up to PIPE_BUF bytes ends at once; also where it would fail. */
static inline int cl_takes_line(int fd) {
  struct pollfd wanted = {.fd = fd, .events = POLLOUT};
  return poll(&wanted, 1, 0) != 0;
}
static inline ssize_t cl_write(int fd, const void *from, size_t count) { return CL_RESULT(write(fd, from, count)); }
static inline ssize_t cl_write_pieces(int fd, const struct iovec *pieces, int count) { return CL_RESULT(writev(fd, pieces, count)); }
/* To write behind what is there. A file is made for its owner and group; a pipe that nobody reads is -ENXIO, a full one
 * -EAGAIN when it is written to. */
static inline int cl_open_append(const char *path) {
  return CL_RESULT(open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0640));
}
/* Waits until there is something to read, at most so long; 0: nothing came. */
static inline int cl_wait_readable(int fd, int timeout_millis) {
  struct pollfd entry = { .fd = fd, .events = POLLIN };
  return CL_RESULT(poll(&entry, 1, timeout_millis));
}

/* Size of a regular file, or -errno; -EISDIR and -EINVAL where it is none. */
static inline int64_t cl_file_size(int fd) {
  struct stat s;
  if (fstat(fd, &s) < 0) return -errno;
  if (S_ISDIR(s.st_mode)) return -EISDIR;
  return S_ISREG(s.st_mode) ? (int64_t)s.st_size : -EINVAL;
}

/* What changes when a file is replaced or written: device, inode, size, modification time mixed to one number;
 * 0: there is no such file. */
static inline uint64_t cl_file_stamp(const char *path) {
  struct stat s;
  if (stat(path, &s) < 0) return 0;
  uint64_t h = (uint64_t)s.st_ino * 0x9e3779b97f4a7c15u ^ (uint64_t)s.st_dev;
  h = (h ^ (uint64_t)s.st_size) * 0xa0761d6478bd642fu;
  h = (h ^ (uint64_t)s.st_mtim.tv_sec) * 0xe7037ed1a0b428dbu ^ (uint64_t)s.st_mtim.tv_nsec;
  return h | 1;
}

/* Reads and writes; -ENOENT: there is none. */
static inline int cl_open_state(const char *path) { return CL_RESULT(open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)); }
/* A new file that only its owner can read. */
static inline int cl_create(const char *path) { return CL_RESULT(open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)); }
static inline int cl_rename(const char *from, const char *to) { return CL_RESULT(rename(from, to)); }
/* A second name, unless it is taken. */
static inline int cl_link(const char *from, const char *to) { return CL_RESULT(link(from, to)); }
static inline int cl_unlink(const char *path) { return CL_RESULT(unlink(path)); }
static inline int cl_allocate(int fd, size_t size) { return -posix_fallocate(fd, 0, (off_t)size); }
static inline int cl_lock(int fd) { return CL_RESULT(flock(fd, LOCK_EX | LOCK_NB)); }
static inline int cl_unlock(int fd) { return CL_RESULT(flock(fd, LOCK_UN)); }
/* Marks the file as this descriptor's, apart from cl_lock, until it is closed; -EAGAIN or -EACCES: it is another's. */
int cl_claim(int fd);
static inline int cl_process_id(void) { return (int)getpid(); }
static inline void cl_sleep_micros(unsigned micros) { usleep(micros); }
/* Whether `path` names the file that `fd` is. */
static inline int cl_is_file(int fd, const char *path) {
  struct stat a, b;
  return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* A file may shrink under its mapping, and the kernel answers the next access behind its end with SIGBUS. In a mapping
 * that is guarded this costs the pages: from that access to its end it becomes memory of the process, zeroed. */
void cl_guard_mapping(void *start, size_t size);
void cl_unguard_mapping(void *start);
int cl_mapping_was_lost(void *start);

/* Watches a folder for files that are written and closed, or moved into place; a descriptor that becomes readable. */
static inline int cl_watch_folder(const char *path) {
  int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd < 0) return -errno;
  if (inotify_add_watch(fd, path, IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR) >= 0) return fd;
  int error = errno;
  close(fd);
  return -error;
}
/* Reads what has been reported, so that only later changes raise an event. */
static inline void cl_watch_clear(int fd) {
  char events[4096];
  while (read(fd, events, sizeof events) > 0) {}
}

/* An anonymous file of `size` bytes that can be sealed. */
int cl_memfd(const char *name, size_t size);
/* After this nobody can change or shrink it, so a mapping of it can never fault. */
int cl_seal(int fd);

/* Each of these maps at a free address and returns NULL where it fails. */
static inline void *cl_map_read(int fd, size_t size) {
  void *p = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
  return p == MAP_FAILED ? NULL : p;
}
static inline void *cl_map_shared(int fd, size_t size) {
  void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  return p == MAP_FAILED ? NULL : p;
}
/* Zeroed pages that cost nothing until they are touched. */
static inline void *cl_map_anonymous(size_t size) {
  void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return p == MAP_FAILED ? NULL : p;
}
/* Grows or shrinks a mapping, which may move. */
void *cl_remap(void *p, size_t old_size, size_t new_size);
static inline int cl_unmap(void *p, size_t size) { return CL_RESULT(munmap(p, size)); }

/* ---- clocks, in nanoseconds ---- */

static inline uint64_t cl_clock(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
/* Runs on while the machine sleeps and never jumps: suspensions and timeouts are measured on it. */
static inline uint64_t cl_boot_nanos(void) { return cl_clock(CLOCK_BOOTTIME); }
static inline uint64_t cl_wall_nanos(void) { return cl_clock(CLOCK_REALTIME); }

/* ---- events ---- */

static inline int cl_epoll_create(void) { return CL_RESULT(epoll_create1(EPOLL_CLOEXEC)); }
static inline int cl_epoll_add(int ep, int fd, uint32_t events, uint64_t data) {
  struct epoll_event e = { .events = events, .data = { .u64 = data } };
  return CL_RESULT(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e));
}
/* Sets the events of a descriptor anew; with EPOLLET, those that stand are raised again. */
static inline int cl_epoll_rearm(int ep, int fd, uint32_t events, uint64_t data) {
  struct epoll_event e = { .events = events, .data = { .u64 = data } };
  return CL_RESULT(epoll_ctl(ep, EPOLL_CTL_MOD, fd, &e));
}
static inline int cl_epoll_remove(int ep, int fd) { return CL_RESULT(epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL)); }
static inline int cl_epoll_wait(int ep, struct epoll_event *events, int capacity, int timeout_millis) {
  return CL_RESULT((int)syscall(SYS_epoll_pwait, ep, events, capacity, timeout_millis, NULL, (size_t)0));
}
/* Constants that are macros with casts, or enumerators, in C. */
static const uint32_t CL_EPOLLIN = EPOLLIN;
static const uint32_t CL_EPOLLOUT = EPOLLOUT;
static const uint32_t CL_EPOLLRDHUP = EPOLLRDHUP;
static const uint32_t CL_EPOLLHUP = EPOLLHUP;
static const uint32_t CL_EPOLLERR = EPOLLERR;
static const uint32_t CL_EPOLLET = (uint32_t)EPOLLET;
static const uint32_t CL_EPOLLEXCLUSIVE = (uint32_t)EPOLLEXCLUSIVE;
static inline uint64_t cl_event_data(const struct epoll_event *e) { return e->data.u64; }

static inline int cl_eventfd(void) { return CL_RESULT(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }
static inline int cl_eventfd_signal(int fd) {
  uint64_t one = 1;
  return (int)CL_RESULT(write(fd, &one, sizeof one));
}
static inline void cl_eventfd_clear(int fd) {
  uint64_t n;
  (void)!read(fd, &n, sizeof n);
}

/* Blocks SIGTERM, SIGINT, SIGHUP for every thread and lets them be read from a descriptor; ignores SIGPIPE. */
static inline int cl_signalfd(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  signal(SIGPIPE, SIG_IGN);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  return CL_RESULT(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}
/* The next signal's number, or 0. */
static inline int cl_signalfd_next(int fd) {
  struct signalfd_siginfo info;
  return read(fd, &info, sizeof info) == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}

/* Waits for one of these; a negative descriptor is left out. */
static inline int cl_poll(struct pollfd *fds, int count, int timeout_millis) { return CL_RESULT(poll(fds, (nfds_t)count, timeout_millis)); }
/* Waits until a socket that is being connected is, or failed. */
static inline int cl_poll_out(int fd, int timeout_millis) {
  struct pollfd p = { .fd = fd, .events = POLLOUT };
  return cl_poll(&p, 1, timeout_millis);
}

/* ---- sockets ---- */

/* An IPv4 or IPv6 address and a port. */
typedef struct { struct sockaddr_storage storage; socklen_t length; } cl_address;

/* `host` is a literal address without brackets; -EINVAL where it is none. */
static inline int cl_address_parse(const char *host, uint16_t port, cl_address *out) {
  memset(out, 0, sizeof *out);
  struct sockaddr_in *v4 = (struct sockaddr_in *)&out->storage;
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&out->storage;
  if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET; v4->sin_port = htons(port); out->length = sizeof *v4;
    return 0;
  }
  if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6; v6->sin6_port = htons(port); out->length = sizeof *v6;
    return 0;
  }
  return -EINVAL;
}
/* A Unix socket; -ENAMETOOLONG. */
static inline int cl_address_local(const char *path, cl_address *out) {
  memset(out, 0, sizeof *out);
  struct sockaddr_un *local = (struct sockaddr_un *)&out->storage;
  if (strlen(path) >= sizeof local->sun_path) return -ENAMETOOLONG;
  local->sun_family = AF_UNIX;
  strcpy(local->sun_path, path);
  out->length = sizeof *local;
  return 0;
}
static inline int cl_address_is_loopback(const cl_address *a) {
  if (a->storage.ss_family == AF_INET)
    return (ntohl(((const struct sockaddr_in *)&a->storage)->sin_addr.s_addr) >> 24) == 127;
  const struct in6_addr *six = &((const struct sockaddr_in6 *)&a->storage)->sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(six) || (IN6_IS_ADDR_V4MAPPED(six) && six->s6_addr[12] == 127);
}
static inline uint16_t cl_address_port(const cl_address *a) {
  return a->storage.ss_family == AF_INET ? ntohs(((const struct sockaddr_in *)&a->storage)->sin_port)
                                         : ntohs(((const struct sockaddr_in6 *)&a->storage)->sin6_port);
}

/* An IPv4 address (also a mapped one), or the first 64 bits of an IPv6 address, as one number each of its own. */
static inline uint64_t cl_address_network(const cl_address *a) {
  if (a->storage.ss_family == AF_INET) return ntohl(((const struct sockaddr_in *)&a->storage)->sin_addr.s_addr);
  const uint8_t *b = ((const struct sockaddr_in6 *)&a->storage)->sin6_addr.s6_addr;
  if (IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)b)) return (uint64_t)b[12] << 24 | b[13] << 16 | b[14] << 8 | b[15];
  uint64_t network = 0;
  for (int i = 0; i < 8; i++) network = network << 8 | b[i];
  return network;
}
static inline int cl_peer_address(int fd, cl_address *out) {
  out->length = sizeof out->storage;
  return CL_RESULT(getpeername(fd, (struct sockaddr *)&out->storage, &out->length));
}

/* The address alone as text, an IPv4 address also where it is mapped into IPv6; its length, 0 where there is none. */
static inline int cl_address_text(const cl_address *a, char out[INET6_ADDRSTRLEN]) {
  const struct in6_addr *six = &((const struct sockaddr_in6 *)&a->storage)->sin6_addr;
  const void *four = &((const struct sockaddr_in *)&a->storage)->sin_addr;
  const char *text = NULL;
  if (a->storage.ss_family == AF_INET) text = inet_ntop(AF_INET, four, out, INET6_ADDRSTRLEN);
  else if (a->storage.ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(six)) text = inet_ntop(AF_INET, six->s6_addr + 12, out, INET6_ADDRSTRLEN);
  else if (a->storage.ss_family == AF_INET6) text = inet_ntop(AF_INET6, six, out, INET6_ADDRSTRLEN);
  return text ? (int)strlen(text) : 0;
}

/* Looks a name up, blocking. Fills at most `capacity` addresses; returns their number, or a negative getaddrinfo code. */
static inline int cl_resolve(const char *host, uint16_t port, cl_address *out, int capacity) {
  struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG }, *list = NULL;
  int code = getaddrinfo(host, NULL, &hints, &list);
  if (code != 0) return code < 0 ? code : -code;
  int n = 0;
  for (struct addrinfo *a = list; a && n < capacity; a = a->ai_next) {
    if (a->ai_family != AF_INET && a->ai_family != AF_INET6) continue;
    memset(&out[n], 0, sizeof out[n]);
    memcpy(&out[n].storage, a->ai_addr, a->ai_addrlen);
    out[n].length = a->ai_addrlen;
    if (a->ai_family == AF_INET) ((struct sockaddr_in *)&out[n].storage)->sin_port = htons(port);
    else ((struct sockaddr_in6 *)&out[n].storage)->sin6_port = htons(port);
    n++;
  }
  freeaddrinfo(list);
  return n;
}

/* A listening socket, or -errno. `bound` receives the address with the port that was given for port 0. */
static inline int cl_listen(const cl_address *address, int backlog, cl_address *bound) {
  int fd = socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* accepted sockets inherit it */
  if (bind(fd, (const struct sockaddr *)&address->storage, address->length) < 0 || listen(fd, backlog) < 0) {
    int e = errno;
    close(fd);
    return -e;
  }
  *bound = *address;
  getsockname(fd, (struct sockaddr *)&bound->storage, &bound->length);
  return fd;
}
int cl_accept(int fd);
/* Whether this is a socket that listens on exactly this address; then it is made as those of cl_listen are. */
static inline int cl_takes_over(int fd, const cl_address *address) {
  cl_address own;
  memset(&own, 0, sizeof own);
  own.length = sizeof own.storage;
  int listens = 0, one = 1;
  socklen_t size = sizeof listens;
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) < 0 || !listens) return 0;
  if (getsockname(fd, (struct sockaddr *)&own.storage, &own.length) < 0) return 0;
  if (own.storage.ss_family != address->storage.ss_family || cl_address_port(&own) != cl_address_port(address)) return 0;
  const struct sockaddr_in *a4 = (const void *)&own.storage, *b4 = (const void *)&address->storage;
  const struct sockaddr_in6 *a6 = (const void *)&own.storage, *b6 = (const void *)&address->storage;
  int isSame = own.storage.ss_family == AF_INET6 ? memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof a6->sin6_addr) == 0
                                                 : a4->sin_addr.s_addr == b4->sin_addr.s_addr;
  if (!isSame) return 0;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  return 1;
}

/* ---- sockets of the host, over which descriptors travel; messages stay whole ---- */

int cl_unix_listen(const char *path);
int cl_unix_connect(const char *path, int timeout_seconds);
int cl_unix_accept(int fd);
/* The user of the process at the other end, and its number; -errno. */
int cl_unix_peer(int fd, uid_t *user);
int cl_send_descriptors(int fd, const void *text, size_t count, const int *descriptors, int descriptor_count);
/* Bytes of the message; sets how many descriptors came, at most `capacity`. */
ssize_t cl_receive_descriptors(int fd, void *text, size_t count, int *descriptors, int capacity, int *descriptor_count);
/* Tells the service manager (sd_notify(3)); nothing happens without one. */
void cl_notify_manager(const char *text);
/* Descriptors that systemd passed, from 3 on (sd_listen_fds(3)). */
int cl_listen_descriptors(void);

static inline int cl_tcp_socket(int family) {
  int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}
/* The same for an address of either kind. */
static inline int cl_stream_socket(const cl_address *address) {
  if (address->storage.ss_family != AF_UNIX) return cl_tcp_socket(address->storage.ss_family);
  return CL_RESULT(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}
/* 0, or -EINPROGRESS, or another -errno. */
static inline int cl_connect(int fd, const cl_address *address) {
  return CL_RESULT(connect(fd, (const struct sockaddr *)&address->storage, address->length));
}
/* The socket's pending error as -errno, 0 if there is none. */
static inline int cl_socket_error(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0) return -errno;
  return -error;
}
/* The calls of every request go to the kernel directly: libc's are points at which a thread can be cancelled, which takes two
 * locked instructions each as soon as there is a second thread. */
static inline ssize_t cl_recv(int fd, void *into, size_t count) {
  return CL_RESULT(syscall(SYS_recvfrom, fd, into, count, 0, NULL, NULL));
}
static inline ssize_t cl_send(int fd, const void *from, size_t count) {
  return CL_RESULT(syscall(SYS_sendto, fd, from, count, MSG_NOSIGNAL, NULL, 0));
}
static inline ssize_t cl_send_pieces(int fd, const struct iovec *pieces, int count) {
  struct msghdr message = { .msg_iov = (struct iovec *)pieces, .msg_iovlen = (size_t)count };
  return CL_RESULT(sendmsg(fd, &message, MSG_NOSIGNAL));
}
static inline int cl_shutdown_write(int fd) { return CL_RESULT(shutdown(fd, SHUT_WR)); }
/* Has the kernel ask a silent peer now and then whether it is still there. */
static inline void cl_keep_alive(int fd, int idle_seconds) {
  int one = 1, count = 3;
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_seconds, sizeof idle_seconds);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &idle_seconds, sizeof idle_seconds);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}
/* Ends the connection when the peer has acknowledged nothing, or left no room to send, for so long (RFC 5482). */
static inline void cl_user_timeout(int fd, unsigned millis) { setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &millis, sizeof millis); }
/* Close with a reset instead of a FIN: the peer sees that the message was cut. */
static inline void cl_reset_on_close(int fd) {
  struct linger l = { .l_onoff = 1, .l_linger = 0 };
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof l);
}

/* ---- limits and threads ---- */

/* Raises the soft limit on open descriptors to the hard one; returns it. */
static inline uint64_t cl_raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return 1024;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}
int cl_affinity_cpus(void);
/* What one thread frees any other can have again, and a block of `from` bytes or more goes back to the system as soon as
 * it is freed. To be called before there is a second thread. */
void cl_share_freed_memory(int from);

/* Gives pages of code that only starting needed back to the system; what is still needed is mapped again as it is touched,
 * from the page cache. */
void cl_forget_startup_code(void);
/* No program that is started from here on gains privileges (a set-user-ID bit has no effect). */
static inline void cl_no_new_privileges(void) { prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }
/* Neither a core dump nor a debugger of the same user gets to see this process's memory. */
static inline void cl_no_core_dumps(void) {
  struct rlimit none = { 0, 0 };
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
/* 0, or -errno. The thread is detached: it ends with the process. */
static inline int cl_thread(void *(*body)(void *), void *argument, size_t stack_bytes) {
  pthread_attr_t attributes;
  pthread_t thread;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, stack_bytes);
  int code = pthread_create(&thread, &attributes, body, argument);
  pthread_attr_destroy(&attributes);
  return -code;
}

#endif
