/* counter.c: counts a process's calls of the allocator, for a reader outside of it.
 *
 *     cc -O2 -shared -fPIC -o counter.so counter.c
 *     ROUNDTABLE_ALLOCATION_COUNTS=/tmp/counts LD_PRELOAD=$PWD/counter.so program
 *
 * The file then holds seven little-endian u64, in the order of `enum call`, and shows the present state at any time:
 * it is mapped shared. Without the variable, or if the file cannot be mapped, counting goes to private memory. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum call { MALLOC, CALLOC, REALLOC, POSIX_MEMALIGN, ALIGNED_ALLOC, MEMALIGN, FREE, CALLS };

/* glibc's own entry points: unlike dlsym(RTLD_NEXT) they allocate nothing and work before any constructor ran. */
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void __libc_free(void *);

static _Atomic uint64_t private_counts[CALLS];
static _Atomic(_Atomic uint64_t *) counts = private_counts;

static void count(enum call call) {
  atomic_fetch_add_explicit(&atomic_load_explicit(&counts, memory_order_acquire)[call], 1, memory_order_relaxed);
}

__attribute__((constructor)) static void map_counts(void) {
  const char *path = getenv("ROUNDTABLE_ALLOCATION_COUNTS");
  if (!path) return;
  int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return;
  void *map = MAP_FAILED;
  if (ftruncate(file, sizeof private_counts) == 0)
    map = mmap(NULL, sizeof private_counts, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (map == MAP_FAILED) return;
  _Atomic uint64_t *shared = map;
  for (int call = 0; call < CALLS; call++) atomic_store(&shared[call], atomic_load(&private_counts[call]));
  atomic_store_explicit(&counts, shared, memory_order_release);
}

void *malloc(size_t size) {
  count(MALLOC);
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  count(CALLOC);
  return __libc_calloc(number, size);
}

void *realloc(void *block, size_t size) {
  count(REALLOC);
  return __libc_realloc(block, size);
}

static int is_power_of_two(size_t number) { return number != 0 && (number & (number - 1)) == 0; }

int posix_memalign(void **block, size_t alignment, size_t size) {
  count(POSIX_MEMALIGN);
  if (alignment % sizeof(void *) != 0 || !is_power_of_two(alignment)) return EINVAL;
  void *made = __libc_memalign(alignment, size);
  if (!made) return ENOMEM;
  *block = made;
  return 0;
}

void *aligned_alloc(size_t alignment, size_t size) {
  count(ALIGNED_ALLOC);
  return __libc_memalign(alignment, size);
}

void *memalign(size_t alignment, size_t size) {
  count(MEMALIGN);
  return __libc_memalign(alignment, size);
}

void free(void *block) {
  if (!block) return; /* costs nothing, and means that nothing was taken */
  count(FREE);
  __libc_free(block);
}
