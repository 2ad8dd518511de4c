#define _GNU_SOURCE
#include <link.h>
#include "clinux.h"
#include <malloc.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/un.h>

int cl_memfd(const char *name, size_t size) {
  int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return -errno;
  if (ftruncate(fd, (off_t)size) < 0) { int e = errno; close(fd); return -e; }
  return fd;
}

int cl_seal(int fd) {
  return CL_RESULT(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL));
}

void *cl_remap(void *p, size_t old_size, size_t new_size) {
  void *q = mremap(p, old_size, new_size, MREMAP_MAYMOVE);
  return q == MAP_FAILED ? NULL : q;
}

int cl_accept(int fd) { return CL_RESULT(accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)); }

void cl_share_freed_memory(int from) {
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, from);
}

int cl_affinity_cpus(void) {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

/* ---- mappings that may lose their file ---- */

/* The one that serves, those of tables that requests still hold, and one that is being made. */
#define GUARDED 80
static struct { _Atomic uintptr_t start; _Atomic size_t size; atomic_int lost; } guarded[GUARDED];

static void on_bus_error(int signal_number, siginfo_t *info, void *context) {
  (void)context;
  uintptr_t at = (uintptr_t)info->si_addr;
  for (int i = 0; i < GUARDED; i++) {
    uintptr_t start = atomic_load(&guarded[i].start);
    size_t size = atomic_load(&guarded[i].size);
    if (start == 0 || at < start || at >= start + size) continue;
    uintptr_t page = at & ~(uintptr_t)4095;
    int error = errno;
    void *fresh = mmap((void *)page, start + size - page, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    errno = error;
    if (fresh == MAP_FAILED) break;
    atomic_store(&guarded[i].lost, 1);
    return;
  }
  signal(signal_number, SIG_DFL); /* the access is repeated, and ends the process */
}

void cl_guard_mapping(void *start, size_t size) {
  struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};
  sigaction(SIGBUS, &action, NULL);
  for (int i = 0; i < GUARDED; i++) {
    if (atomic_load(&guarded[i].start) != 0) continue;
    atomic_store(&guarded[i].lost, 0);
    atomic_store(&guarded[i].size, size);
    atomic_store(&guarded[i].start, (uintptr_t)start);
    return;
  }
}

void cl_unguard_mapping(void *start) {
  for (int i = 0; i < GUARDED; i++)
    if (atomic_load(&guarded[i].start) == (uintptr_t)start) atomic_store(&guarded[i].start, 0);
}

int cl_mapping_was_lost(void *start) {
  for (int i = 0; i < GUARDED; i++)
    if (atomic_load(&guarded[i].start) == (uintptr_t)start) return atomic_load(&guarded[i].lost);
  return 0;
}

/* ---- descriptors from process to process ---- */

static int unix_address(const char *path, struct sockaddr_un *address, socklen_t *length) {
  size_t count = strlen(path);
  memset(address, 0, sizeof *address);
  if (count == 0 || count >= sizeof address->sun_path) return -ENAMETOOLONG;
  address->sun_family = AF_UNIX;
  memcpy(address->sun_path, path, count);
  *length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + count + 1);
  if (path[0] == '@') { /* of the abstract name space, as systemd writes it */
    address->sun_path[0] = 0;
    *length -= 1;
  }
  return 0;
}

int cl_unix_listen(const char *path) {
  struct sockaddr_un address;
  socklen_t length;
  int result = unix_address(path, &address, &length);
  if (result < 0) return result;
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  mode_t mask = umask(0177);
  result = bind(fd, (struct sockaddr *)&address, length) < 0 || listen(fd, 4) < 0 ? -errno : fd;
  umask(mask);
  if (result < 0) close(fd);
  return result;
}

int cl_unix_connect(const char *path, int timeout_seconds) {
  struct sockaddr_un address;
  socklen_t length;
  int result = unix_address(path, &address, &length);
  if (result < 0) return result;
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  struct timeval timeout = {.tv_sec = timeout_seconds};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  if (connect(fd, (struct sockaddr *)&address, length) == 0) return fd;
  result = -errno;
  close(fd);
  return result;
}

int cl_unix_accept(int fd) { return CL_RESULT(accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)); }

int cl_unix_peer(int fd, uid_t *user) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return -errno;
  *user = peer.uid;
  return peer.pid;
}

#define MOST_DESCRIPTORS 250 /* SCM_MAX_FD is 253 */

int cl_send_descriptors(int fd, const void *text, size_t count, const int *descriptors, int descriptor_count) {
  union { struct cmsghdr header; char bytes[CMSG_SPACE(sizeof(int) * MOST_DESCRIPTORS)]; } control;
  if (descriptor_count > MOST_DESCRIPTORS) return -E2BIG;
  struct iovec piece = {.iov_base = (void *)text, .iov_len = count};
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
  if (descriptor_count > 0) {
    memset(&control, 0, sizeof control);
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)descriptor_count);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)descriptor_count);
    memcpy(CMSG_DATA(header), descriptors, sizeof(int) * (size_t)descriptor_count);
  }
  return sendmsg(fd, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

ssize_t cl_receive_descriptors(int fd, void *text, size_t count, int *descriptors, int capacity, int *descriptor_count) {
  union { struct cmsghdr header; char bytes[CMSG_SPACE(sizeof(int) * MOST_DESCRIPTORS)]; } control;
  struct iovec piece = {.iov_base = text, .iov_len = count};
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  *descriptor_count = 0;
  ssize_t n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
  if (n < 0) return -errno;
  for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    int arrived = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    for (int i = 0; i < arrived; i++) {
      int descriptor;
      memcpy(&descriptor, CMSG_DATA(header) + sizeof(int) * (size_t)i, sizeof descriptor);
      if (*descriptor_count < capacity) descriptors[(*descriptor_count)++] = descriptor;
      else close(descriptor);
    }
  }
  return n;
}

void cl_notify_manager(const char *text) {
  const char *path = getenv("NOTIFY_SOCKET");
  struct sockaddr_un address;
  socklen_t length;
  if (path == NULL || unix_address(path, &address, &length) < 0) return;
  if (path[0] == '@') length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  (void)sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&address, length);
  close(fd);
}

int cl_listen_descriptors(void) {
  const char *process = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
  if (process == NULL || count == NULL || atoi(process) != (int)getpid()) return 0;
  int n = atoi(count);
  return n > 0 && n <= MOST_DESCRIPTORS ? n : 0;
}

int cl_claim(int fd) {
  struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1 };
  return CL_RESULT(fcntl(fd, F_OFD_SETLK, &lock));
}

/* Pages of code and constants of one program or library. */
static int forget_pages(struct dl_phdr_info *info, size_t size, void *unused) {
  (void)size, (void)unused;
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
    if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W) != 0) continue;
    uintptr_t begin = (info->dlpi_addr + segment->p_vaddr) & ~(uintptr_t)(page - 1);
    uintptr_t end = (info->dlpi_addr + segment->p_vaddr + segment->p_memsz + page - 1) & ~(uintptr_t)(page - 1);
    (void)madvise((void *)begin, end - begin, MADV_DONTNEED);
  }
  return 0;
}

void cl_forget_startup_code(void) { dl_iterate_phdr(forget_pages, NULL); }
