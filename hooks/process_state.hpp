// ProcessState: how the process is, beside the service that answers: what probes and metrics tell of
// certificates and reloads.
#pragma once

#include <atomic>
#include <cstdint>

namespace hooks {

/// Written by whoever reloads, read by any thread.
struct ProcessState {
    std::atomic<std::int64_t> certificate_expires = 0;  ///< seconds since 1970; 0: there is no certificate
    std::atomic<std::int64_t> reloads = 0;              ///< that took effect, of the whole configuration
    std::atomic<std::int64_t> refused = 0;              ///< reloads of the configuration or of certificates
    std::atomic<bool> is_current = true;                ///< what was read last is in use
};

}  // namespace hooks
