// Vector instructions that Swift 6.3 has no name for: its SIMD types compare lane by lane.
#ifndef CVECTORS_H
#define CVECTORS_H

#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>

// The bytes of one vector that end a run inside a JSON string: a quotation mark, a backslash, a
// control character, or anything beyond ASCII.
static inline __m128i cvectors_json_marks(const void *place) {
  // With their second bit flipped, the control characters change places among themselves, and the
  // quotation mark (0x22) comes to stand next to them at 0x20: one compare finds all.
  __m128i bytes = _mm_xor_si128(_mm_loadu_si128((const __m128i *)place), _mm_set1_epi8(2));
  // Signed: what has its top bit set is below as well.
  __m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(('"' ^ 2) + 1));
  return _mm_or_si128(low, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\' ^ 2)));
}

// A bit for each of the 16 bytes at `place` that ends a run, the first byte's lowest.
static inline uint32_t cvectors_json_specials(const void *place) {
  return (uint32_t)_mm_movemask_epi8(cvectors_json_marks(place));
}

// Whether any of the 64 bytes at `place` ends a run.
static inline int cvectors_json_has_special(const void *place) {
  const char *bytes = (const char *)place;
  __m128i early = _mm_or_si128(cvectors_json_marks(bytes), cvectors_json_marks(bytes + 16));
  __m128i late = _mm_or_si128(cvectors_json_marks(bytes + 32), cvectors_json_marks(bytes + 48));
  return _mm_movemask_epi8(_mm_or_si128(early, late)) != 0;
}
#endif

#endif
