// Expression: FHIRPath text compiled once, evaluated many times. The public face of the engine.
#pragma once

#include "fhir/document.hpp"
#include "fhir/fhirpath/error.hpp"
#include "fhir/fhirpath/known_text.hpp"
#include "fhir/fhirpath/value.hpp"
#include "fhir/valueset.hpp"

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fhirpath {

struct Expr;  // expr.hpp

/// What expressions may name: variables (`%conditions`, `%isASPS`) by slot number, and the loaded value sets.
/// Built before compiling; read-only afterwards. %context, %resource, %rootResource, %ucum, %sct, %loinc,
/// %`vs-id` and
/// %`ext-id` are known to the engine and need no entry.
class Environment {
  public:
    using Slot = std::size_t;
    /// `types`: what its items may be, if known.
    Slot add(std::string name, std::vector<fhir::TypeId> types = {});
    const Slot* find(std::string_view name) const;
    std::string_view name(Slot slot) const { return names_[slot]; }
    const std::vector<fhir::TypeId>& types(Slot slot) const { return types_[slot]; }
    void set_types(Slot slot, std::vector<fhir::TypeId> types) { types_[slot] = std::move(types); }
    std::size_t size() const { return names_.size(); }

    const fhir::ValueSets* value_sets = nullptr;
    /// The members of %context and their types (none: not known); no entry: nothing is known of %context.
    std::map<std::string, std::vector<fhir::TypeId>, std::less<>> context_members;
    /// What %`vs-id` means: canonical base + "/ValueSet/" + id if such a set is loaded, else hl7.org's.
    std::string canonical_base;

  private:
    std::vector<std::string> names_;
    std::vector<std::vector<fhir::TypeId>> types_;
    std::map<std::string, Slot, std::less<>> slots_;
};

/// The moment of a request; today() and now() never change within it.
struct Now {
    Temporal date_time;  ///< with offset
    Temporal today() const { return date_time.as_date(); }
};

class Expression;

/// Everything one request's evaluations share. Not shared between threads. Nothing in it outlives the arena.
class Scope {
  public:
    /// Finds what a reference (Reference.reference, canonical, uri) points to, contained resources excepted
    /// (the engine does those). `from` is the node that holds the reference. Null: not found.
    using Resolver = std::function<const fhir::Node*(std::string_view reference, const fhir::Node& from)>;

    Scope(const Environment& environment, std::pmr::memory_resource& arena, const Now& now);

    /// The value of a variable.
    void set(Environment::Slot slot, Collection value);
    /// The variables computed at first use, then kept, with the focus that %context has: by slot, null where
    /// there is none. Must outlive this.
    void define(std::span<const Expression* const> by_slot) { definitions_ = by_slot; }
    /// The variable's value, computed now if need be. Throws Error: no value, or it needs itself.
    const Collection& variable(Environment::Slot slot) {
        if (slot < values_.size() && values_.data()[slot]) return *values_.data()[slot];
        return computed(slot);
    }
    /// Its value if it has been set or computed; else null.
    const Collection* known(Environment::Slot slot) const { return values_.at(slot); }

    void set_context(const Item& context) {
        context_ = context;
    }  ///< %context, and the focus of defined variables
    const Item& context() const { return context_; }
    void set_resource(const Item& resource) { resource_ = resource; }  ///< %resource
    const Item& resource() const { return resource_; }
    void set_resolver(Resolver resolver) { resolver_ = std::move(resolver); }
    const Resolver& resolver() const { return resolver_; }
    /// trace() output goes here: name and the items as JSON lines. Default: nowhere.
    std::function<void(std::string_view name, const Collection& items)> on_trace;

    const Environment& environment() const { return environment_; }
    std::pmr::memory_resource& arena() const { return arena_; }
    const Now& now() const { return now_; }
    Collection collection() const { return Collection(arena_); }
    std::string_view keep(std::string_view text) const;  ///< copied into the arena
    const Quantity* keep(const Quantity& quantity) const;

    /// In which of the environment's value sets a Coding is, kept for the next question about it; null: in
    /// none.
    const fhir::Membership* membership(const fhir::Node& coding);

    /// What is known of a text, to be added to.
    KnownText& known(std::string_view text) {
        const auto address = reinterpret_cast<std::uintptr_t>(text.data());
        KnownText& found = known_texts_[(address >> 3 ^ address >> 9 ^ text.size()) % known_texts_.size()];
        if (found.data != text.data() || found.size != text.size()) {
            found.data = text.data();
            found.size = text.size();
            found.lower = nullptr;
            found.has_pairs = false;
        }
        return found;
    }

    /// One step of work; throws Error after 10^6 of them, so that no expression can hang (knowledge.md 6).
    void step(std::size_t count = 1) {
        steps_ += count;
        if (steps_ > step_limit_) fail_of_steps();
    }
    /// More for a large chart: the limit grows with the data, so that work stays linear.
    void set_step_limit(std::size_t steps) { step_limit_ = steps; }
    std::size_t depth = 0;  ///< of evaluation
    static constexpr std::size_t max_depth = 128;

  private:
    const Environment& environment_;
    std::pmr::memory_resource& arena_;
    Now now_;
    Item context_, resource_;
    Resolver resolver_;
    std::span<const Expression* const> definitions_;
    std::pmr::vector<const Collection*> values_;  ///< in the arena; null: not computed yet
    const Collection& computed(Environment::Slot slot);
    [[noreturn]] static void fail_of_steps();
    struct KnownCoding {
        const fhir::Node* coding = nullptr;
        const fhir::Membership* membership = nullptr;
    };
    std::array<KnownCoding, 256> known_codings_;  // by address
    std::array<KnownText, 64> known_texts_;       // by address and size
    std::size_t steps_ = 0, step_limit_ = 1'000'000;
};

/// A compiled expression. Immutable; may be evaluated by several threads at once. Movable.
class Expression {
  public:
    /// Throws Error (syntax; semantic: unknown function, wrong number of arguments, unknown %name, unknown
    /// value set in a constant memberOf). Literal regexes are compiled, literal value sets bound here.
    /// `environment` must outlive the Expression.
    static Expression compile(std::string_view text, const Environment& environment);
    /// The same, but semantic faults are added to `faults`: all of them. With any, the Expression may be
    /// looked at, not evaluated. Throws Error (syntax).
    static Expression compile(std::string_view text, const Environment& environment,
                              std::vector<Error>& faults);

    /// The result on one focus item (or none). Its items point into this expression (literals), the documents
    /// and the arena. Throws Error (execution).
    Collection evaluate(Scope& scope, const Item* focus) const;
    /// On %context as focus.
    Collection evaluate(Scope& scope) const;
    /// Exactly one `true` (knowledge.md 3: a condition applies only then).
    bool holds(Scope& scope) const;

    /// The slots of the variables it names, without repeats.
    const std::vector<Environment::Slot>& variables() const { return variables_; }
    const std::string& text() const { return text_; }
    const Expr& tree() const { return *tree_; }

    Expression(Expression&&) noexcept;
    Expression& operator=(Expression&&) noexcept;
    ~Expression();

  private:
    Expression(std::string text, std::unique_ptr<const Expr> tree);
    std::string text_;
    std::unique_ptr<const Expr> tree_;
    std::vector<Environment::Slot> variables_;
};

}  // namespace fhirpath
