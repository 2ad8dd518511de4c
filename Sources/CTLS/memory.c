/* OpenSSL's blocks, from free lists of each thread.
 *
 * OpenSSL takes and gives back a few small blocks per record, and with SSL_MODE_RELEASE_BUFFERS two of 17 KiB. A list per
 * size class and thread makes that a few loads and stores. A block given back by another thread than took it goes to that
 * thread's list: nothing is shared, nothing is locked.
 *
 * Blocks have no header of ours: an idle connection consists of some 70 small ones. What a block can hold, malloc knows. */
#include "ctls.h"
#include <malloc.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <string.h>
#include <stdlib.h>

/* Up to 1032 bytes the sizes that glibc's blocks have anyway, 16 n + 8; above, eight classes per power of two, up to 32 KiB:
 * at most a ninth of a block is unused. */
enum { SMALL_CLASSES = 65, LARGE_SHIFT = 10, LARGE_CLASSES = 5 * 8, CLASSES = SMALL_CLASSES + LARGE_CLASSES };
/* What one thread keeps in its lists; more goes back to the system. 64 busy connections have two buffers of 17 KiB each. */
enum { KEPT_BYTES = 8 << 20 };

typedef struct free_block { struct free_block *next; } free_block;

static __thread free_block *lists[CLASSES];
static __thread size_t kept;

static size_t bytes_of(unsigned size_class) {
  if (size_class < SMALL_CLASSES) return 16 * (size_t)size_class + 8;
  unsigned large = size_class - SMALL_CLASSES;
  return ((size_t)1 << (large / 8 + LARGE_SHIFT)) + ((size_t)(large % 8 + 1) << (large / 8 + LARGE_SHIFT - 3));
}

/* The smallest class that holds `size` bytes, which are at least one; CLASSES: none does. */
static unsigned class_for(size_t size) {
  if (size <= bytes_of(SMALL_CLASSES - 1)) return size <= 24 ? 1 : (unsigned)((size + 7) / 16);
  unsigned shift = 63 - (unsigned)__builtin_clzll(size - 1); /* 2^shift < size <= 2^(shift+1) */
  unsigned number = SMALL_CLASSES + (shift - LARGE_SHIFT) * 8 + ((unsigned)((size - 1) >> (shift - 3)) & 7);
  return number < CLASSES ? number : CLASSES;
}

/* The largest class that a block of `usable` bytes serves, which are at least 24. */
static unsigned class_of(size_t usable) {
  unsigned number = class_for(usable);
  if (number == CLASSES) return CLASSES - 1;
  return bytes_of(number) > usable ? number - 1 : number;
}

static void *take(size_t size, const char *file, int line) {
  (void)file, (void)line;
  if (size == 0) return NULL;
  unsigned size_class = class_for(size);
  if (size_class == CLASSES) return malloc(size);
  free_block *block = lists[size_class];
  if (!block) return malloc(bytes_of(size_class));
  lists[size_class] = block->next;
  kept -= bytes_of(size_class);
  return block;
}

/* A thread that ends gives back what its lists hold. */
static pthread_key_t end_of_thread;
static __thread int is_registered;

static void empty_lists(void *unused) {
  (void)unused;
  for (unsigned i = 0; i < CLASSES; i++) {
    while (lists[i]) {
      free_block *block = lists[i];
      lists[i] = block->next;
      free(block);
    }
  }
  kept = 0;
  is_registered = 0;
}

static void give(void *block, const char *file, int line) {
  (void)file, (void)line;
  if (!block) return;
  if (!is_registered) is_registered = pthread_setspecific(end_of_thread, &is_registered) == 0;
  size_t usable = malloc_usable_size(block);
  unsigned size_class = class_of(usable);
  if (usable > bytes_of(CLASSES - 1) || kept + bytes_of(size_class) > KEPT_BYTES) {
    free(block);
    return;
  }
  free_block *free_one = block;
  free_one->next = lists[size_class];
  lists[size_class] = free_one;
  kept += bytes_of(size_class);
}

static void *resize(void *block, size_t size, const char *file, int line) {
  if (!block) return take(size, file, line);
  if (size == 0) {
    give(block, file, line);
    return NULL;
  }
  size_t usable = malloc_usable_size(block);
  if (size <= usable) return block;
  void *fresh = take(size, file, line);
  if (!fresh) return NULL;
  memcpy(fresh, block, usable);
  give(block, file, line);
  return fresh;
}

/* A list would hide from a sanitizer that a block is used after it was given back. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_OWN_LISTS 0
#endif
#endif
#ifndef HAS_OWN_LISTS
#define HAS_OWN_LISTS 1
#endif

int ct_use_free_lists(void) {
  if (!HAS_OWN_LISTS) return 0;
  return pthread_key_create(&end_of_thread, empty_lists) == 0 && CRYPTO_set_mem_functions(take, resize, give);
}
