// Vector instructions that Swift 6.3 has no name for: its SIMD types compare lane by lane.
#ifndef CVECTORS_H
#define CVECTORS_H

#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>

// A bit for each of the 16 bytes at `place` that ends a run inside a JSON string, the first byte's
// lowest: a quotation mark, a backslash, a control character, or anything beyond ASCII.
static inline uint32_t cvectors_json_specials(const void *place) {
  __m128i bytes = _mm_loadu_si128((const __m128i *)place);
  __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  __m128i backslashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  // Signed: what has its top bit set is below as well.
  __m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
  return (uint32_t)_mm_movemask_epi8(_mm_or_si128(low, _mm_or_si128(quotes, backslashes)));
}
#endif

#endif
