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

// A bit for each of the 64 bytes at `place` that ends a run, the first byte's lowest.
static inline uint64_t cvectors_json_long_specials(const void *place) {
  const char *bytes = (const char *)place;
  __m128i first = cvectors_json_marks(bytes);
  __m128i second = cvectors_json_marks(bytes + 16);
  __m128i third = cvectors_json_marks(bytes + 32);
  __m128i fourth = cvectors_json_marks(bytes + 48);
  // Most long runs have none: one look for all.
  __m128i any = _mm_or_si128(_mm_or_si128(first, second), _mm_or_si128(third, fourth));
  if (_mm_movemask_epi8(any) == 0) return 0;
  return (uint64_t)(uint32_t)_mm_movemask_epi8(first) |
         (uint64_t)(uint32_t)_mm_movemask_epi8(second) << 16 |
         (uint64_t)(uint32_t)_mm_movemask_epi8(third) << 32 |
         (uint64_t)(uint32_t)_mm_movemask_epi8(fourth) << 48;
}
#endif

#endif
