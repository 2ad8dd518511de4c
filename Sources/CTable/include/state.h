/* state.h: what changes while a table is served, in memory that all workers share, and with --state all processes of
 * the host. Every field is read and written as an atomic of its width. One cache line for each element: a suspension
 * touches no neighbour. Integers are those of the host: a state file does not travel. */
#ifndef RTBL_STATE_H
#define RTBL_STATE_H

#include <stdint.h>

enum {
  RTBL_REASON_NONE = 0,
  RTBL_REASON_429 = 1,
  RTBL_REASON_REMAINING = 2,
  RTBL_REASON_5XX = 3,
  RTBL_REASON_CONNECT = 4,
  RTBL_REASON_TIMEOUT = 5,
  RTBL_REASON_MANUAL = 6,
  RTBL_REASON_SHARED = 7,
};
#define RTBL_REASONS 8

/* The lowest three bits of a key: what the row belongs to. */
enum {
  RTBL_STATE_POOL = 1,
  RTBL_STATE_TARGET = 2,
  RTBL_STATE_RATE_LIMIT = 3,
  RTBL_STATE_AI_RATE_LIMIT = 4,
  RTBL_STATE_API = 5, /* nothing here: its row numbers counters elsewhere */
};

#define RTBL_STATE_MAGIC "RTBLST\r\n"
#define RTBL_STATE_VERSION 1
#define RTBL_STATE_HEADER_BYTES 4096

/* A state file: this header, then `capacity` keys of 8 bytes, then, at a multiple of 64, as many rows. Rows are only
 * added, under a lock on the file, and the first `count` are in use. */
typedef struct {
  uint8_t magic[8];
  uint32_t version;
  uint32_t capacity;  /* rows, a multiple of 8 */
  uint64_t bytes;     /* of the whole file */
  uint64_t boot[2];   /* the kernel's boot_id: a boot clock's time means something only within one boot */
  uint64_t in_use;    /* the count above, a check over the fields before (without boot) and the keys in use below: one
                       * word, so that a process that is killed never leaves one without the other */
} rtbl_state_header;

typedef struct {
  uint64_t cursor;          /* position in the pool's cycle: the next first pick begins here */
  uint64_t failover_cursor; /* the same for later attempts, so that they spread by weight */
  uint64_t reserved[6];
} rtbl_pool_state;

typedef struct {
  uint64_t until_nanos;       /* on the boot clock; at or before now: active */
  uint64_t until_wall_millis; /* the same on the wall clock, for after a reboot */
  uint64_t since_wall_millis; /* when the present suspension began */
  uint64_t reason;            /* RTBL_REASON_… of the present suspension */
  uint64_t reserved[4];
} rtbl_target_state;

typedef struct {
  uint64_t window; /* the window's number above the count in it */
  uint64_t reserved[7];
} rtbl_rate_limit_state;

typedef struct {
  uint64_t windows[4];    /* of prompt, completion and all tokens, and of requests */
  uint64_t limited_until; /* nanoseconds of the boot clock */
  uint64_t limited_by;    /* which of the four was used up first */
  uint64_t reserved[2];
} rtbl_ai_rate_limit_state;

_Static_assert(sizeof(rtbl_state_header) == 48, "rtbl_state_header");
_Static_assert(sizeof(rtbl_pool_state) == 64, "rtbl_pool_state");
_Static_assert(sizeof(rtbl_target_state) == 64, "rtbl_target_state");
_Static_assert(sizeof(rtbl_rate_limit_state) == 64, "rtbl_rate_limit_state");
_Static_assert(sizeof(rtbl_ai_rate_limit_state) == 64, "rtbl_ai_rate_limit_state");

#endif
