// glibc's settings; elsewhere nothing is set.
#include "hooks/heap.hpp"

#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace hooks {

void keep_heap_small() {
#ifdef __GLIBC__
    constexpr int large = 131'072, slack = 1'048'576, pools = 2;
    mallopt(M_MMAP_THRESHOLD, large);
    mallopt(M_TRIM_THRESHOLD, slack);
    mallopt(M_ARENA_MAX, pools);
#endif
}

}  // namespace hooks
