#include "tests/support/service_record.h"

#include <gtest/gtest.h>

#include "events/crypto/digest.h"
#include "events/journal/opening_records.h"
#include "events/keys/key_vault.h"
#include "events/schema/codec.h"
#include "events/schema/event.h"
#include "ops/cli/offline_log.h"

namespace chopmark::test {
namespace {

using sandbox::Answer;

constexpr std::size_t sent_again_at_most = 30;

/// An answer that says what became of the command: neither "not now" nor one of the front.
bool is_outcome(const Result<Answer>& answer) {
    if (!answer || answer->status >= 500 || answer->status == 429 || answer->status == 408) {
        return false;
    }
    const std::string reason = answer->reason();
    return !reason.starts_with("executor.") && !reason.starts_with("http.") &&
           reason != "evidence.stale";
}

bool is_acknowledged(const Result<Answer>& answer) {
    return is_outcome(answer) && answer->good() && !answer->text("event").empty();
}

std::string refusal_in(const schema::Event& event) {
    const auto& head = schema::head(event);
    return head.outcome() == schema::DONE ? std::string() : head.reason();
}

}  // namespace

void ServiceRecord::note(const sandbox::SentCall& call) {
    const auto challenge = call.headers.find("Chopmark-Challenge");
    const auto bytes =
        challenge == call.headers.end() ? std::nullopt : from_base64(challenge->second);
    if (!bytes || call.path == "/app/v1/session") {  // which records nothing
        return;
    }
    const std::lock_guard lock(mutex_);
    const auto account = call.headers.find("Chopmark-Account");
    new_.push_back({call, CommandId(crypto::sha256(*bytes).array()),
                    account == call.headers.end() ? std::string() : account->second, false});
    if (is_acknowledged(call.answer)) {
        ++tally_.acknowledged;
    } else {
        ++(is_outcome(call.answer) ? tally_.refused : tally_.unheard);
    }
}

std::size_t ServiceRecord::acknowledged() const {
    const std::lock_guard lock(mutex_);
    return tally_.acknowledged;
}

ServiceRecord::Tally ServiceRecord::tally() const {
    const std::lock_guard lock(mutex_);
    Tally out = tally_;
    for (const auto& [partition, stored] : stored_) {
        out.records += stored.size();
    }
    return out;
}

void ServiceRecord::read_log(const ops::DataFolder& data) {
    auto log = cli::open_offline_log(data, std::nullopt);
    ASSERT_TRUE(log.has_value()) << to_string(log.error());
    const auto keys = cli::OfflineKeys::open(data, log->genesis);
    ASSERT_TRUE(keys.has_value()) << to_string(keys.error());
    const keys::KeyVault vault((*keys)->ring());
    for (std::uint16_t number = 0; number <= log->reader->partitions(); ++number) {
        auto& stored = stored_[PartitionId(number)];
        std::size_t at = 0;
        const auto cursor = log->reader->walk(PartitionId(number), Sequence(0));
        for (; cursor->valid(); cursor->next(), ++at) {
            ASSERT_EQ(cursor->sequence().value(), at) << "partition " << number;
            const Digest digest = crypto::sha256(cursor->stored());
            if (at < stored.size()) {
                ASSERT_EQ(digest, stored[at])
                    << "changed: partition " << number << ", sequence " << at;
                continue;
            }
            stored.push_back(digest);
            const auto record = record::decode_record(cursor->stored()).value();
            const auto prelude = record::decode_prelude(record.leaf).value();
            if (journal::has_fixed_tail(prelude.type)) {
                continue;
            }
            const auto event = vault.open(record);
            ASSERT_TRUE(event.has_value()) << to_string(event.error());
            const auto command = CommandId::from_bytes(schema::link_head(*event).command_id());
            const Line line{digest, command.value_or(CommandId()), refusal_in(*event),
                            prelude.recorded_at.millis()};
            ASSERT_TRUE(lines_.emplace(prelude.event_id, line).second) << "an event id twice";
            if (command) {
                ASSERT_TRUE(commands_.emplace(*command, prelude.event_id).second)
                    << "a command recorded twice: " << schema::info_of(*event).name;
            }
            if (const auto* alert = std::get_if<schema::AlertRaised>(&*event)) {
                raised_.emplace(AlertId::from_bytes(alert->link().alert_id()).value(),
                                alert->leaf().revision());
            }
        }
        ASSERT_TRUE(cursor->status().has_value()) << to_string(cursor->status().error());
        ASSERT_GE(at, stored.size()) << "records are gone from partition " << number;
    }
    for (const Said& said : said_) {
        hold_against_log(said);
    }
    for (const Said& said : new_) {
        hold_against_log(said);
    }
}

void ServiceRecord::hold_against_log(const Said& said) const {
    if (!is_outcome(said.call.answer)) {
        return;
    }
    const auto recorded = commands_.find(said.command);
    if (is_acknowledged(said.call.answer)) {
        ASSERT_NE(recorded, commands_.end()) << "acknowledged and gone: " << said.call.path;
        EXPECT_EQ(recorded->second.hex(), said.call.answer->text("event")) << said.call.path;
        EXPECT_EQ(lines_.at(recorded->second).recorded_at,
                  said.call.answer->json.value("recorded_at", std::int64_t{0}));
        return;
    }
    if (!said.call.answer->good() && recorded != commands_.end()) {
        EXPECT_EQ(lines_.at(recorded->second).refusal, said.call.answer->reason())
            << "refused, and yet recorded: " << said.call.path << " "
            << said.call.answer->summary();
    }
}

void ServiceRecord::compare(const Said& first, const Answer& again, bool changed) const {
    if (is_acknowledged(first.call.answer)) {
        EXPECT_EQ(again.text("event"), first.call.answer->text("event"))
            << first.call.path << " asked again: " << again.summary();
        EXPECT_EQ(again.json.value("recorded_at", std::int64_t{0}),
                  first.call.answer->json.value("recorded_at", std::int64_t{0}));
    } else if (is_outcome(first.call.answer) && !changed) {
        EXPECT_EQ(again.reason(), first.call.answer->reason())
            << first.call.path << " was refused as " << first.call.answer->summary()
            << ", asked again: " << again.summary();
    }
}

/// In the order in which they were sent, so that the state they meet is that of then or a later.
void ServiceRecord::send_again(const sandbox::Gateways& gateways) {
    const sandbox::Caller caller(gateways.app(), "127.0.0.1", "crash test");
    std::vector<Said> calls = std::exchange(new_, {});
    const std::size_t skipped =
        calls.size() > sent_again_at_most ? calls.size() - sent_again_at_most : 0;
    std::set<std::string> changed;  // accounts, since the refusals that are looked at
    for (std::size_t i = calls.size(); i-- > 0;) {
        calls[i].changed_later = changed.contains(calls[i].account);
        const auto& answer = calls[i].call.answer;
        if (!calls[i].account.empty() && (!is_outcome(answer) || answer->good())) {
            changed.insert(calls[i].account);
        }
    }
    // Accounts that sending again changes: who was refused, or not heard, may get it done now.
    std::set<std::string> changed_now;
    for (std::size_t i = 0; i < calls.size(); ++i) {
        Said& said = calls[i];
        if (i >= skipped) {
            said.changed_later = said.changed_later || changed_now.contains(said.account);
            const auto again = caller.post(said.call.path, said.call.body, said.call.headers);
            ASSERT_TRUE(again.has_value()) << to_string(again.error());
            ++tally_.repeated;
            if (is_outcome(again)) {
                compare(said, *again, said.changed_later);
                const bool newly = !is_outcome(said.call.answer) || !said.call.answer->good();
                if (again->good() && newly && !said.account.empty()) {
                    changed_now.insert(said.account);
                }
                if (said.changed_later || !is_outcome(said.call.answer)) {
                    said.call.answer = again;
                }
            }
        }
        said_.push_back(std::move(said));
    }
}

}  // namespace chopmark::test
