// FhirServers: the list of FHIR servers that may be asked, and which URLs lie within one of them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hooks {

/// The base of a FHIR server that may be asked: a token for it goes to its origin and below its path, and
/// nowhere else.
struct FhirBase {
    std::string origin;      ///< `https://fhir.example.org:8443`
    std::string path;        ///< `/r4`, or "" for the root
    std::size_t server = 0;  ///< its place in the list

    /// The base and `relative` with exactly one slash between them.
    std::string url(std::string_view relative) const;
    /// The absolute URL of a link that a page names, if it is of this origin and at or below this path:
    /// absolute, or relative to the origin (`/r4?page=2`) or to the base (`Condition?page=2`). Nothing for
    /// any other.
    std::optional<std::string> link(std::string_view next) const;
};

/// Bases that one client may have asked.
struct ClientBases {
    std::string caller;  ///< as caller_name() calls it
    std::vector<std::string> bases;
};

class FhirServers {
  public:
    /// What is wrong with an entry of the list, or "": not https unless `plain_http`, a query, a user name, a
    /// path with `..`, and everything else that parse_web_url refuses.
    static std::string problem(std::string_view base, bool plain_http);

    /// `bases` may be asked for every caller, those of `clients` for their calls only. Entries with a problem
    /// are left out.
    FhirServers(const std::vector<std::string>& bases, bool plain_http,
                const std::vector<ClientBases>& clients = {});

    /// The base that the `fhirServer` of a call by `caller` ("": nobody known) names, if it is one of the
    /// list or lies below one: scheme, host and port equal, the path equal or longer by whole segments.
    /// What could be read in two ways is not listed.
    std::optional<FhirBase> listed(std::string_view fhir_server, std::string_view caller = {}) const;
    std::size_t size() const { return entries_.size(); }

  private:
    struct Entry {
        FhirBase base;
        std::string owner;  // "": any
    };
    std::vector<Entry> entries_;
};

}  // namespace hooks
