/* Which lanes of a comparison of sixteen bytes are set, as bits: Swift has no such operation, and what it makes of others is
 * several instructions, or a call. */
#ifndef CL_BLOCK_H
#define CL_BLOCK_H

#include <stdint.h>

typedef uint8_t cl_block __attribute__((ext_vector_type(16)));

/* Bit n: lane n of `mask`, whose lanes are all ones or all zeros. */
static inline __attribute__((always_inline)) uint32_t cl_lanes(cl_block mask) {
#if defined(__x86_64__)
  typedef char bytes __attribute__((vector_size(16)));
  return (uint32_t)__builtin_ia32_pmovmskb128((bytes)mask);
#else
  uint32_t bits = 0;
  for (int i = 0; i < 16; i++) bits |= (uint32_t)(mask[i] >> 7) << i;
  return bits;
#endif
}

#endif
