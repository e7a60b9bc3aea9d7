// SHA-256 of issuer and id: long ids take no more room, and nobody can choose two that meet.
#include "hooks/replay.hpp"

#include "hooks/openssl.hpp"

#include <cstring>
#include <stdexcept>
#include <string>

namespace hooks {

ReplayStore::Answer ReplayStore::insert(std::string_view issuer, std::string_view jti, double until,
                                        double now) {
    std::string text(issuer);
    text += '\0';
    text += jti;
    Digest digest;
    static_assert(sizeof digest == 32);
    std::array<unsigned char, 32> bytes{};
    if (EVP_Digest(text.data(), text.size(), bytes.data(), nullptr, EVP_sha256(), nullptr) != 1) {
        throw std::runtime_error("OpenSSL failed");
    }
    std::memcpy(digest.data(), bytes.data(), bytes.size());

    const std::lock_guard lock(mutex_);
    while (!expiries_.empty() && expiries_.top().until <= now) {
        seen_.erase(expiries_.top().digest);
        expiries_.pop();
    }
    if (seen_.contains(digest)) return Answer::seen;
    if (seen_.size() >= most_) return Answer::full;
    seen_.insert(digest);
    expiries_.push({until, digest});
    return Answer::fresh;
}

std::size_t ReplayStore::size() const {
    const std::lock_guard lock(mutex_);
    return seen_.size();
}

}  // namespace hooks
