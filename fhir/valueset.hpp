// ValueSet: an enumerated FHIR ValueSet as a set of (system, code), with the spellings that really arrive
// folded together.
#pragma once

#include "fhir/document.hpp"

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace fhir {

/// The canonical URI of a code system as senders write it: trimmed, without `|version` and one trailing `/`,
/// scheme and host in lower case, OID URNs and other known aliases mapped (`urn:oid:2.16.840.1.113883.6.96`
/// and `http://snomed.info/sct/731000124108` are SNOMED CT). Unknown systems come back cleaned. The view is
/// of `system`, of `buffer`, or static.
std::string_view canonical_system(std::string_view system, std::string& buffer);

/// A code as its system writes it: ICD-10 without dot gets it, NDC becomes 11 digits, ICD-O-3 morphology
/// loses grade digit and letters (`M8000/33` -> `8000/3`), blanks are trimmed. `system` is canonical.
std::string_view canonical_code(std::string_view system, std::string_view code, std::string& buffer);

/// (system, code) as they came from a sender, in canonical form: made once, asked of many sets. A code
/// without system is in no set, except ICD-O-3 morphology, whose shape (`8000/3`) is its own.
class CodeKey {
  public:
    CodeKey(std::string_view system, std::string_view code);
    std::string_view system() const { return {text_.data(), system_size_}; }
    std::string_view key() const { return {text_.data(), size_}; }  ///< "system|code"; empty: in no set

  private:
    std::array<char, 192> text_;  // longer than any member of a set
    std::size_t system_size_ = 0, size_ = 0;
};

struct CodeHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

/// The loaded value sets that a code is in, a bit each by ValueSet::index().
using Membership = std::vector<std::uint64_t>;

/// An immutable set of codes.
class ValueSet {
  public:
    /// The resource the set was made from.
    const Node& resource() const { return *resource_; }
    std::string_view url() const { return url_; }
    std::size_t size() const { return codes_.size(); }
    /// Its number among the loaded sets.
    std::size_t index() const { return index_; }

    bool contains(const CodeKey& code) const;
    /// The same for a code whose membership was looked up; null: in no set.
    bool contains(const Membership* membership) const {
        return membership != nullptr && ((*membership)[index_ / 64] >> (index_ % 64) & 1) != 0;
    }
    bool contains(std::string_view system, std::string_view code) const {
        return contains(CodeKey(system, code));
    }

    struct Coding {
        std::string system, code, display;
    };
    /// In the order of the resource, included sets first expanded.
    const std::vector<Coding>& codings() const { return codings_; }

  private:
    friend class ValueSets;
    const Node* resource_ = nullptr;
    std::size_t index_ = 0;
    std::string url_;
    std::vector<Coding> codings_;
    std::vector<std::string> systems_;                                  // canonical
    std::unordered_set<std::string, CodeHash, std::equal_to<>> codes_;  // "system|code", canonical
};

/// The loaded value sets by canonical URL.
class ValueSets {
  public:
    /// Adds ValueSet resources (enumerated: compose.include.concept, compose.include.valueSet,
    /// expansion.contains) and CodeSystem resources (their displays fill in missing ones). Gives what is
    /// wrong: a filter, an exclude, a system without concepts, an empty set, an unknown included set, sets
    /// that include each other (once, by name), a url twice. The nodes must outlive this object.
    struct Fault {
        const Node* place;  ///< in one of the resources
        std::string message;
    };
    std::vector<Fault> add(const std::vector<const Node*>& resources);
    /// By canonical URL, a `|version` ignored; null if not loaded.
    const ValueSet* find(std::string_view url) const;
    const std::map<std::string, std::unique_ptr<ValueSet>, std::less<>>& all() const { return sets_; }
    /// In which of the sets a code is, by one look-up; null: in none.
    const Membership* membership(const CodeKey& code) const;

  private:
    std::map<std::string, std::unique_ptr<ValueSet>, std::less<>> sets_;
    std::unordered_map<std::string, Membership, CodeHash, std::equal_to<>> memberships_;  // "system|code"
};

}  // namespace fhir
