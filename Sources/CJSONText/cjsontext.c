#include "cjsontext.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define WITH_AVX2 __attribute__((target("avx2,bmi,bmi2")))
#define STEP_PART static inline __attribute__((always_inline)) WITH_AVX2

/* The 64 bytes of a step, or an answer for each of them. */
typedef struct { __m256i low, high; } step;

STEP_PART __m256i each(uint8_t byte) { return _mm256_set1_epi8((char)byte); }
STEP_PART __m256i load_half(const uint8_t *from) { return _mm256_loadu_si256((const __m256i *)from); }
STEP_PART step load(const uint8_t *from) { return (step){load_half(from), load_half(from + 32)}; }

/* A bit for each byte whose answer is yes: all bits of it are set. */
STEP_PART uint64_t bits(step answers) {
  return (uint32_t)_mm256_movemask_epi8(answers.low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(answers.high) << 32;
}
STEP_PART uint64_t bits_of(step text, uint8_t byte) {
  return bits((step){_mm256_cmpeq_epi8(text.low, each(byte)), _mm256_cmpeq_epi8(text.high, each(byte))});
}
STEP_PART uint64_t bits_up_to(step text, uint8_t most) {
  __m256i bound = each(most);
  return bits((step){
    _mm256_cmpeq_epi8(_mm256_max_epu8(text.low, bound), bound), _mm256_cmpeq_epi8(_mm256_max_epu8(text.high, bound), bound)});
}

/* What a table of sixteen says of each byte's lower, or upper, four bits. */
STEP_PART __m256i of_table(const uint8_t table[16], __m256i indices) {
  return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)table)), indices);
}
STEP_PART __m256i of_lower(const uint8_t table[16], __m256i bytes) { return of_table(table, _mm256_and_si256(bytes, each(15))); }
STEP_PART __m256i of_upper(const uint8_t table[16], __m256i bytes) {
  return of_table(table, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), each(15)));
}

/* Quotes, backslashes, control characters, and what is not ASCII: it is negative as a signed number. */
STEP_PART __m256i stops(__m256i bytes) {
  __m256i marks = _mm256_or_si256(_mm256_cmpeq_epi8(bytes, each('"')), _mm256_cmpeq_epi8(bytes, each('\\')));
  return _mm256_or_si256(marks, _mm256_cmpgt_epi8(each(0x20), bytes));
}
STEP_PART bool is_plain(step text) { return _mm256_movemask_epi8(_mm256_or_si256(stops(text.low), stops(text.high))) == 0; }

/* ---- escape sequences (RFC 8259, section 7) ---- */

/* One bit for each upper half that a byte may have which stands behind a backslash: " and /, \, b f n, r t u. */
static const uint8_t escape_of_upper[16] = {[0x2] = 1, [0x5] = 2, [0x6] = 4, [0x7] = 8};
static const uint8_t escape_of_lower[16] = {
  [0x2] = 1 | 4 | 8, [0xF] = 1, [0xC] = 2, [0x6] = 4, [0xE] = 4, [0x4] = 8, [0x5] = 8};

STEP_PART __m256i no_escape(__m256i bytes) {
  __m256i both = _mm256_and_si256(of_upper(escape_of_upper, bytes), of_lower(escape_of_lower, bytes));
  return _mm256_cmpeq_epi8(both, _mm256_setzero_si256());
}

STEP_PART bool are_hex_digits(const uint8_t *bytes) {
  for (int i = 0; i < 4; i++)
    if ((uint8_t)(bytes[i] - '0') > 9 && (uint8_t)((bytes[i] | 0x20) - 'a') > 5) return false;
  return true;
}

/* Whether the bytes behind backslashes, `escaped`, are such as may stand there. */
STEP_PART bool are_sound(uint64_t escaped, step text, size_t done, const uint8_t *body, size_t count, size_t offset) {
  if (escaped & bits((step){no_escape(text.low), no_escape(text.high)}) >> done) return false;
  for (uint64_t left = escaped & bits_of(text, 'u') >> done; left != 0; left &= left - 1) {
    size_t digits = offset + (size_t)__builtin_ctzll(left) + 1;
    if (count - digits < 4 || !are_hex_digits(body + digits)) return false;
  }
  return true;
}

/* Which of 64 bytes stand behind a backslash that begins an escape sequence: see EscapeBits in JSONText.swift. */
STEP_PART uint64_t behind_backslashes(uint64_t backslashes, uint64_t *carry) {
  const uint64_t odd = 0xAAAAAAAAAAAAAAAA;
  uint64_t first = backslashes & ~*carry;
  uint64_t turned = ((first << 1 | odd) - first) ^ odd;
  uint64_t escaped = turned ^ (backslashes | *carry);
  *carry = (turned & backslashes) >> 63;
  return escaped;
}

/* ---- UTF-8 (RFC 3629): the method of Keiser and Lemire, Validating UTF-8 In Less Than One Instruction Per Byte ---- */

/* What can be wrong with two bytes in a row. A fault that the upper half of the first, its lower half and the upper half of
 * the second all name is there. */
enum {
  SHORT = 1 << 0,     /* a leading byte, and none that continues it */
  LONG = 1 << 1,      /* ASCII, and one that continues */
  OVERLONG_3 = 1 << 2,
  PAST_END = 1 << 3,  /* past U+10FFFF */
  SURROGATE = 1 << 4,
  OVERLONG_2 = 1 << 5,
  PAST_END_OR_OVERLONG_4 = 1 << 6,
  CONTINUED = 1 << 7, /* two that continue: right where a character has three bytes or four */
  ANY_LOWER = SHORT | LONG | CONTINUED,
  PAST_F4 = ANY_LOWER | PAST_END | PAST_END_OR_OVERLONG_4,
};
static const uint8_t fault_of_first_upper[16] = {
  LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG, CONTINUED, CONTINUED, CONTINUED, CONTINUED,
  SHORT | OVERLONG_2, SHORT, SHORT | OVERLONG_3 | SURROGATE, SHORT | PAST_END | PAST_END_OR_OVERLONG_4};
static const uint8_t fault_of_first_lower[16] = {
  ANY_LOWER | OVERLONG_2 | OVERLONG_3 | PAST_END_OR_OVERLONG_4, ANY_LOWER | OVERLONG_2, ANY_LOWER, ANY_LOWER,
  ANY_LOWER | PAST_END, PAST_F4, PAST_F4, PAST_F4, PAST_F4, PAST_F4, PAST_F4, PAST_F4, PAST_F4, PAST_F4 | SURROGATE, PAST_F4, PAST_F4};
static const uint8_t fault_of_second_upper[16] = {
  SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, SHORT,
  LONG | CONTINUED | OVERLONG_2 | OVERLONG_3 | PAST_END_OR_OVERLONG_4, LONG | CONTINUED | OVERLONG_2 | OVERLONG_3 | PAST_END,
  LONG | CONTINUED | OVERLONG_2 | SURROGATE | PAST_END, LONG | CONTINUED | OVERLONG_2 | SURROGATE | PAST_END,
  SHORT, SHORT, SHORT, SHORT};

/* Of 32 bytes from `at` on those that can follow the three before them. */
STEP_PART __m256i follow(const uint8_t *at) {
  __m256i back1 = load_half(at - 1), back2 = load_half(at - 2), back3 = load_half(at - 3);
  __m256i pair = _mm256_and_si256(
    _mm256_and_si256(of_upper(fault_of_first_upper, back1), of_lower(fault_of_first_lower, back1)),
    of_upper(fault_of_second_upper, load_half(at)));
  /* the third byte of a character, or the fourth: here CONTINUED is asked for, and nothing else is */
  __m256i is_third = _mm256_subs_epu8(back2, each(0xE0 - 0x80)), is_fourth = _mm256_subs_epu8(back3, each(0xF0 - 0x80));
  __m256i asked = _mm256_and_si256(_mm256_or_si256(is_third, is_fourth), each(0x80));
  return _mm256_cmpeq_epi8(pair, asked);
}

/* ---- */

/* A step has as few branches as can be, and those that are left go the same way for as long as the text is of one kind. */
WITH_AVX2 size_t cjt_scan(const uint8_t *body, size_t count, size_t start, bool *has_escapes) {
  const size_t last = count - CJT_STEP;
  uint64_t carry = 0;
  bool escapes = false, is_ascii = true;
  size_t offset = start;
  while (offset <= last && is_plain(load(body + offset))) offset += CJT_STEP;
  for (;; offset += CJT_STEP) {
    /* The last step overlaps with the one before it: what was looked at already is shifted out. */
    const size_t base = offset < last ? offset : last, done = offset - base;
    if (done >= CJT_STEP) return 0;
    const step text = load(body + base);
    const uint64_t backslashes = bits_of(text, '\\') >> done;
    escapes |= backslashes != 0;
    const uint64_t escaped = escapes ? behind_backslashes(backslashes, &carry) : 0;
    const uint64_t ends = bits_of(text, '"') >> done & ~escaped;
    const uint64_t up_to_end = ends ^ (ends - 1); /* all of them where there is no end */
    const uint64_t content = up_to_end & ~ends;
    if (bits_up_to(text, 0x1F) >> done & content) return 0;
    if (escapes && !are_sound(escaped & content, text, done, body, count, offset)) return 0;
    is_ascii &= (bits(text) >> done & content) == 0;
    /* A fault in the end itself says that it cuts a character short. */
    if (!is_ascii && ~bits((step){follow(body + base), follow(body + base + 32)}) >> done & up_to_end) return 0;
    if (ends != 0) {
      *has_escapes = escapes;
      return offset + (size_t)__builtin_ctzll(ends) + 1;
    }
    if (base != offset) return 0;
  }
}

#else

size_t cjt_scan(const uint8_t *body, size_t count, size_t start, bool *has_escapes) {
  return 0;
}

#endif
