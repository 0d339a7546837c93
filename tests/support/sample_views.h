// Views for tests of folding, one of each scope, with what makes folds hard: rows that are read
// back, rows that are erased by prefix, and sealed boxes carried along.
#pragma once

#include "events/fold/view.h"
#include "events/schema/codec.h"
#include "events/schema/event.h"

namespace chopmark::test {

/// slot ‖ account → count of logins; slot ‖ account ‖ inverted sequence → sealed box. SubjectErased
/// takes the person's rows.
class SampleLog final : public fold::View {
  public:
    explicit SampleLog(std::uint16_t partitions) : partitions_(partitions) {}
    std::string_view name() const override { return "sample_log"; }
    std::uint32_t version() const override { return 1; }
    fold::Scope scope() const override { return fold::Scope::slots; }
    bool wants(record::TypeNumber type) const override {
        return type == schema::info<schema::LoginApproved>().type ||
               type == schema::info<schema::SubjectErased>().type;
    }
    Result<void> apply(const fold::OpenedEvent& event, fold::RowBatch& rows) const override {
        if (event.prelude().event_id == fails_at) {
            return Error({"test.poison", Kind::internal});
        }
        Bytes person;
        append_big_endian(person, fold::slot_of(event, partitions_).value());
        person.append(schema::link_head(event.event()).account_id());
        if (std::holds_alternative<schema::SubjectErased>(event.event())) {
            rows.erase_range(fold::KeyRange::prefix(person));
            return {};
        }
        CHOPMARK_ASSIGN(const auto before, rows.get(person));
        Bytes count;
        append_big_endian(count, before ? get_big_endian<std::uint64_t>(*before) + 1 : 1U);
        rows.put(person, std::move(count));
        Bytes key = person;
        append_big_endian(key, ~event.entry().sequence.value());
        rows.put(std::move(key), Bytes(event.personal_box()));
        return {};
    }

    EventId fails_at;

  private:
    std::uint16_t partitions_;
};

/// type → how often, of the control partition.
class SampleTypes final : public fold::View {
  public:
    std::string_view name() const override { return "sample_types"; }
    std::uint32_t version() const override { return 1; }
    fold::Scope scope() const override { return fold::Scope::control; }
    Result<void> apply(const fold::OpenedEvent& event, fold::RowBatch& rows) const override {
        Bytes key;
        append_big_endian(key, event.prelude().type.value());
        CHOPMARK_ASSIGN(const auto before, rows.get(key));
        Bytes count;
        append_big_endian(count, before ? get_big_endian<std::uint64_t>(*before) + 1 : 1U);
        rows.put(std::move(key), std::move(count));
        return {};
    }
};

/// "last" → event id, and event id → the one before, in the order of cuts.
class SampleChain final : public fold::View {
  public:
    std::string_view name() const override { return "sample_chain"; }
    std::uint32_t version() const override { return 1; }
    fold::Scope scope() const override { return fold::Scope::cuts; }
    fold::Reads reads() const override { return fold::Reads::prelude; }
    Result<void> apply(const fold::OpenedEvent& event, fold::RowBatch& rows) const override {
        CHOPMARK_ASSIGN(const auto last, rows.get("last"));
        rows.put(event.prelude().event_id.to_bytes(), last.value_or(""));
        rows.put("last", event.prelude().event_id.to_bytes());
        return {};
    }
};

/// Pure puts of preludes, over everything.
class SamplePlaces final : public fold::View {
  public:
    std::string_view name() const override { return "places"; }
    std::uint32_t version() const override { return 1; }
    fold::Scope scope() const override { return fold::Scope::partitions; }
    fold::Reads reads() const override { return fold::Reads::prelude; }
    Result<void> apply(const fold::OpenedEvent& event, fold::RowBatch& rows) const override {
        rows.put(event.prelude().event_id.to_bytes(), "here");
        return {};
    }
};

/// Numbers the records in the order of cuts.
class SampleOrder final : public fold::View {
  public:
    std::string_view name() const override { return "order"; }
    std::uint32_t version() const override { return 1; }
    fold::Scope scope() const override { return fold::Scope::cuts; }
    fold::Reads reads() const override { return fold::Reads::prelude; }
    Result<void> apply(const fold::OpenedEvent& event, fold::RowBatch& rows) const override {
        CHOPMARK_ASSIGN(const auto last, rows.get("last"));
        Bytes number;
        append_big_endian(number, last ? get_big_endian<std::uint32_t>(*last) + 1 : 1U);
        rows.put("last", number);
        rows.put("n" + number, std::to_string(event.entry().partition.value()) + ":" +
                                   std::to_string(event.entry().sequence.value()));
        return {};
    }
};

}  // namespace chopmark::test
