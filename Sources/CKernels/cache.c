#include <unistd.h>

#include "internal.h"

enum {
  USUAL = 1 << 20,
  LEAST = 1 << 18,  // less is a system that counts otherwise
  MOST = 1 << 22,   // more is shared between cores
};

size_t ck_second_level_cache(void) {
#ifdef _SC_LEVEL2_CACHE_SIZE
  long bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
  if (bytes > 0) return bytes < LEAST ? LEAST : bytes > MOST ? MOST : (size_t)bytes;
#endif
  return USUAL;
}
