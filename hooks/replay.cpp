// SHA-256 of issuer and id: long ids take no more room, and nobody can choose two that meet.
#include "hooks/replay.hpp"

#include "hooks/openssl.hpp"

#include <cstring>
#include <stdexcept>
#include <string>

namespace hooks {

ReplayStore::Digest ReplayStore::digest_of(std::string_view issuer, std::string_view jti) {
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
    return digest;
}

ReplayStore::Answer ReplayStore::insert(std::string_view issuer, std::string_view jti, double until,
                                        double now) {
    const Digest digest = digest_of(issuer, jti);
    const std::lock_guard lock(mutex_);
    while (!expiries_.empty() && expiries_.top().until <= now) {
        const auto expired = seen_.find(expiries_.top().digest);
        if (expired != seen_.end() && expired->second.until <= now) seen_.erase(expired);
        expiries_.pop();
    }
    const auto known = seen_.find(digest);
    if (known != seen_.end() && !known->second.is_taken_back) return Answer::seen;
    // One that comes again has its expiry in the queue already, unless another token with its id ends later.
    if (known == seen_.end() || known->second.until < until) {
        if (expiries_.size() >= most_) return Answer::full;
        expiries_.push({until, digest});
        seen_[digest] = {until, false};
    } else {
        known->second.is_taken_back = false;
    }
    return Answer::fresh;
}

void ReplayStore::take_back(std::string_view issuer, std::string_view jti) {
    const Digest digest = digest_of(issuer, jti);
    const std::lock_guard lock(mutex_);
    if (const auto known = seen_.find(digest); known != seen_.end()) known->second.is_taken_back = true;
}

std::size_t ReplayStore::size() const {
    const std::lock_guard lock(mutex_);
    return seen_.size();
}

}  // namespace hooks
