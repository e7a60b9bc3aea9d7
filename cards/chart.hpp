// Chart: what a request tells of one patient: each input with its state, and where references lead.
#pragma once

#include "cards/knowledge.hpp"
#include "fhir/document.hpp"

#include <memory>
#include <memory_resource>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace cards {

/// The state of one input (knowledge.md 3; P-4 to P-12). Present and none are knowledge; the others are not.
enum class InputState : std::uint8_t {
    present,
    none,     ///< null or an empty Bundle: asked, and there is nothing
    missing,  ///< the key was not sent, or held something that is no such resource
    failed,   ///< an OperationOutcome
    paged     ///< a Bundle with a next page that was not read
};
std::string_view to_string(InputState state);

/// One input of one request.
struct ChartInput {
    InputState state = InputState::missing;
    std::vector<const fhir::Node*> resources;  ///< of the input's type and of this patient
    std::size_t dropped = 0;                   ///< resources of another patient, left out (P-14)
};

/// What was fetched for one input that a request brought not at all, as a failure, or in part.
struct FetchedInput {
    std::size_t input = 0;                  ///< of Knowledge::inputs()
    std::vector<const fhir::Node*> values;  ///< the resource, or the pages of the search in their order
    bool continues =
        false;           ///< they are the pages after the Bundle in prefetch, else they stand in its place
    bool whole = false;  ///< the last page is among them
};

/// Where the page after this one of a search is (Bundle.link `next`, P-10); "" if this is the last or no
/// Bundle.
std::string_view next_page(const fhir::Node& bundle);

class Chart {
  public:
    /// From a CDS Hooks request: `context` is its context object, `prefetch` its prefetch object or null;
    /// what was `fetched` counts as if it had been sent, all pages of an input together. An input of which
    /// nothing could be fetched stays as the request left it. Nodes must outlive the chart.
    static Chart from_request(const Knowledge& knowledge, const fhir::Node& context,
                              const fhir::Node* prefetch, std::span<const FetchedInput> fetched = {});
    /// From a patient's Bundle: every input is known, present or none. `context` is made in `arena`:
    /// patientId of the Patient in the Bundle, a placeholder userId.
    static fhir::Result<Chart> from_bundle(const Knowledge& knowledge, const fhir::Node& bundle,
                                           std::pmr::memory_resource& arena);

    /// The hook's context without the resources of another patient that it may hold (P-14).
    const fhir::Node& context() const { return *context_; }
    std::string_view patient_id() const { return patient_id_; }
    /// In the order of Knowledge::inputs().
    const std::vector<ChartInput>& inputs() const { return inputs_; }

    /// What a reference leads to: Bundle fullUrl, Type/id here or in another input or in the context,
    /// absolute and versioned forms (fhir-data.md 8). Null: not in this request.
    const fhir::Node* resolve(std::string_view reference) const;

  private:
    const fhir::Node* context_ = nullptr;
    std::unique_ptr<std::pmr::monotonic_buffer_resource> arena_;  // of a context made shorter
    std::string_view patient_id_;
    std::vector<ChartInput> inputs_;
    struct Entry {
        std::string_view full_url;
        const fhir::Node* resource;
    };
    std::vector<Entry> entries_;                                            // every resource of the request
    mutable std::vector<std::pair<std::string_view, const Entry*>> index_;  // by id, made when first asked
    friend class ChartBuilder;
};

}  // namespace cards
