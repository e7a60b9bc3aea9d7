// The heap of a server: memory that many large requests took goes back to the system.
#pragma once

namespace hooks {

/// Call before other threads begin. What is large is mapped for itself, and few pools share the rest: glibc
/// would keep blocks of up to 32 MB in up to eight pools a core, and 1,000 bodies of 4 MB left 230 MB behind.
void keep_heap_small();

}  // namespace hooks
