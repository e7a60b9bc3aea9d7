// ProcessFigures: what Linux knows of this process, for the standard `process_*` metrics.
#pragma once

#include <cstdint>

namespace hooks {

struct ProcessFigures {
    double cpu_seconds = 0;    ///< user and system
    double start_seconds = 0;  ///< since 1970
    std::int64_t resident_bytes = 0, virtual_bytes = 0;
    std::int64_t open_files = 0, most_files = 0, threads = 0;
};

/// As of now; 0 for what cannot be read.
ProcessFigures process_figures();

}  // namespace hooks
