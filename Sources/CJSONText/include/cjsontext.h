/* The content of JSON strings in steps of 64 bytes, with AVX2: what JSONText.swift does on every processor, and twice as
 * fast. In C, because Swift compiles a module for one processor, and these functions must not be called on another. */
#ifndef CJSONTEXT_H
#define CJSONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes before the first one of a step that are looked at, and those of a step: what `cjt_scan` needs of a body. */
enum { CJT_LOOK_BEHIND = 3, CJT_STEP = 64 };

/* Whether this processor has what `cjt_scan` needs. */
#if defined(__x86_64__)
static inline bool cjt_is_available(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
}
#else
static inline bool cjt_is_available(void) { return false; }
#endif

/* Where the string ends whose content begins at `start`: the offset behind its quote. 0: it is not sound as far as can be
 * seen from here, or the bytes before it are not ASCII.
 * `count` is at least CJT_LOOK_BEHIND + CJT_STEP, `start` at least CJT_LOOK_BEHIND; nothing outside `body` is read.
 * `has_escapes` is set to false only if there are none, and left alone where the answer is 0. */
size_t cjt_scan(const uint8_t *body, size_t count, size_t start, bool *has_escapes);

#endif
