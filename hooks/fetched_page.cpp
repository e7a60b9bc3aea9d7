// The nodes point into the text, so both stay where they are.
#include "hooks/fetched_page.hpp"

#include "fhir/format.hpp"

#include <utility>

namespace hooks {

FetchedPage::FetchedPage(std::string text, FetchedPart part)
    : part_(std::move(part)), text_(std::move(text)), arena_(part_.room().get()) {}

fhir::Result<std::unique_ptr<const FetchedPage>> FetchedPage::read(std::string text, FetchedPart part) {
    text.shrink_to_fit();
    if (!part.become(text.capacity())) throw NoRoomForFetched();
    std::unique_ptr<FetchedPage> page(new FetchedPage(std::move(text), std::move(part)));
    const auto root = fhir::parse_text(page->text_, page->arena_);
    if (!root) return root.error();
    page->root_ = *root;
    return std::unique_ptr<const FetchedPage>(std::move(page));
}

}  // namespace hooks
