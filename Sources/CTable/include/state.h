/* state.h: what changes while a table is served, in memory that all workers share. Every field is read and
 * written as an atomic of its width. One cache line per target: a suspension touches no neighbour. */
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

typedef struct {
  uint64_t cursor;          /* position in the pool's cycle: the next first pick begins here */
  uint64_t failover_cursor; /* the same for later attempts, so that they spread by weight */
  uint64_t reserved[6];
} rtbl_pool_state;

typedef struct {
  uint64_t until_nanos;       /* on the boot clock; at or before now: active */
  uint64_t since_wall_millis; /* when the present suspension began */
  uint64_t reason;            /* RTBL_REASON_… of the present suspension */
  uint64_t reserved;
  uint32_t suspensions[RTBL_REASONS]; /* begun since start, by reason */
} rtbl_target_state;

_Static_assert(sizeof(rtbl_pool_state) == 64, "rtbl_pool_state");
_Static_assert(sizeof(rtbl_target_state) == 64, "rtbl_target_state");

#endif
