// The contract: messages that fit it, and for each rule one that breaks it and nothing else.
#include "hooks/contract.hpp"

#include "tests/support/hooks_contract_cases.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace {

using hooks::contract_faults;
using hooks::ContractFault;
using hooks::Message;
using hooks::testing::broken_messages;
using hooks::testing::BrokenMessage;
using hooks::testing::sample;
using hooks::testing::with;

const std::string response = sample("response"), discovery = sample("discovery"), request = sample("request"),
                  feedback = sample("feedback"), outcome = sample("outcome");

std::vector<ContractFault> faults(Message message, const std::string& text) {
    const auto document = fhir::Document::parse(text);
    EXPECT_TRUE(document) << text;
    return contract_faults(message, (*document)->root());
}

TEST(Contract, LetsWellFormedMessagesThrough) {
    const std::vector<std::pair<Message, std::string>> right = {
        {Message::response, response},   {Message::response, R"({"cards":[]})"},
        {Message::discovery, discovery}, {Message::discovery, R"({"services":[]})"},
        {Message::request, request},     {Message::feedback, feedback},
        {Message::outcome, outcome},
    };

    for (const auto& [message, text] : right) {
        for (const ContractFault& fault : faults(message, text)) ADD_FAILURE() << fault.text();
    }
}

TEST(Contract, NamesTheRuleThatAMessageBreaks) {
    for (const BrokenMessage& given : broken_messages()) {
        const auto found = faults(given.message, given.text);
        const bool named = std::any_of(found.begin(), found.end(), [&](const ContractFault& fault) {
            return std::find(fault.rules.begin(), fault.rules.end(), given.rule) != fault.rules.end();
        });
        std::string all;
        for (const ContractFault& fault : found) all += fault.text() + "\n";
        EXPECT_TRUE(named) << given.rule << " in " << given.text << "\nfound:\n" << all;
    }
}

TEST(Contract, HasAMessageThatBreaksItForEveryRule) {
    std::set<std::string> broken_here;
    for (const BrokenMessage& given : broken_messages()) broken_here.insert(given.rule);

    for (const Message message :
         {Message::discovery, Message::request, Message::response, Message::feedback, Message::outcome}) {
        for (const std::string& rule : hooks::contract_rules(message))
            EXPECT_TRUE(broken_here.contains(rule)) << rule;
    }
}

TEST(Contract, SaysWhereAndWhatCame) {
    const auto found = faults(Message::response, with(response, R"("warning")", R"("hard-stop")"));

    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].text(),
              R"(C-2: cards[0].indicator: expected "info", "warning" or "critical", got "hard-stop")");
}

TEST(Contract, LetsTokensOfLaterVersionsThroughWhereTheServiceSaysSo) {  // T-2, section 4.2
    const std::string later = with(discovery, "2.0.1", "3.0.0");

    EXPECT_TRUE(faults(Message::discovery,
                       with(later, "{{context.userId}}", "Encounter?date=ge{{today() - 90 days}}"))
                    .empty());
}

}  // namespace
