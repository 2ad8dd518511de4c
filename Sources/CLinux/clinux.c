#define _GNU_SOURCE
#include "clinux.h"
#include <malloc.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>

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
