/* OpenSSL's blocks, from free lists of each thread.
 *
 * OpenSSL takes and gives back a few small blocks per record, and with SSL_MODE_RELEASE_BUFFERS two of 17 KiB. A list per
 * size class and thread makes that a few loads and stores. A block given back by another thread than took it goes to that
 * thread's list: nothing is shared, nothing is locked. */
#include "ctls.h"
#include <openssl/crypto.h>
#include <pthread.h>
#include <string.h>
#include <stdlib.h>

/* Four classes per power of two, from 32 bytes to 32 KiB: at most a fifth of a block is unused. */
enum { CLASSES = 41, SMALLEST_SHIFT = 5 };
/* What one thread keeps in its lists; more goes back to the system. 64 busy connections have two buffers of 17 KiB each. */
enum { KEPT_BYTES = 8 << 20 };
/* Written into large blocks' headers. */
enum { NO_CLASS = 0xff };

/* Stands before each block, and keeps it aligned to 16 bytes. */
typedef struct { size_t size; uint64_t size_class; } block_header;
typedef struct free_block { struct free_block *next; } free_block;

_Static_assert(sizeof(block_header) == 16, "blocks are aligned to 16 bytes");

static __thread free_block *lists[CLASSES];
static __thread size_t kept;

/* The smallest class that holds `size` bytes, or NO_CLASS. */
static unsigned class_of(size_t size) {
  if (size <= 1u << SMALLEST_SHIFT) return 0;
  unsigned shift = 63 - (unsigned)__builtin_clzll(size - 1); /* 2^shift < size ≤ 2^(shift+1) */
  unsigned quarter = (unsigned)((size - 1) >> (shift - 2)) & 3;
  unsigned number = (shift - SMALLEST_SHIFT) * 4 + quarter + 1;
  return number < CLASSES ? number : NO_CLASS;
}

static size_t bytes_of(unsigned size_class) {
  if (size_class == 0) return 1u << SMALLEST_SHIFT;
  unsigned shift = (size_class - 1) / 4 + SMALLEST_SHIFT;
  return ((size_t)1 << shift) + ((size_t)((size_class - 1) % 4 + 1) << (shift - 2));
}

static void *take(size_t size, const char *file, int line) {
  (void)file, (void)line;
  if (size == 0 || size > SIZE_MAX / 2) return NULL;
  unsigned size_class = class_of(size);
  block_header *header;
  if (size_class != NO_CLASS && lists[size_class]) {
    free_block *block = lists[size_class];
    lists[size_class] = block->next;
    kept -= bytes_of(size_class);
    header = (block_header *)block - 1;
  } else {
    header = malloc(sizeof *header + (size_class == NO_CLASS ? size : bytes_of(size_class)));
    if (!header) return NULL;
    header->size_class = size_class;
  }
  header->size = size;
  return header + 1;
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
      free((block_header *)block - 1);
    }
  }
  kept = 0;
  is_registered = 0;
}

static void give(void *block, const char *file, int line) {
  (void)file, (void)line;
  if (!block) return;
  if (!is_registered) is_registered = pthread_setspecific(end_of_thread, &is_registered) == 0;
  block_header *header = (block_header *)block - 1;
  if (header->size_class == NO_CLASS || kept + bytes_of((unsigned)header->size_class) > KEPT_BYTES) {
    free(header);
    return;
  }
  free_block *free_one = block;
  free_one->next = lists[header->size_class];
  lists[header->size_class] = free_one;
  kept += bytes_of((unsigned)header->size_class);
}

static void *resize(void *block, size_t size, const char *file, int line) {
  if (!block) return take(size, file, line);
  if (size == 0) {
    give(block, file, line);
    return NULL;
  }
  block_header *header = (block_header *)block - 1;
  if (header->size_class != NO_CLASS && size <= bytes_of((unsigned)header->size_class)) {
    header->size = size;
    return block;
  }
  void *fresh = take(size, file, line);
  if (!fresh) return NULL;
  memcpy(fresh, block, header->size < size ? header->size : size);
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
