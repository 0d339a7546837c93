// The one property that every view must have (design 7): its rows are a function of the log. Any
// events in any order, folded in batches of any size, with restarts that lose the last commits,
// give the same bytes as one fold from the beginning and as a rebuild slot by slot – before and
// after an erasure, and after a period's keys are gone.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <set>

#include "projections/citizen_rows.h"
#include "projections/record_row.h"
#include "tests/support/sample_event.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/view_rig.h"

namespace chopmark::test {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int histories = 8;
constexpr int events_a_history = 400;

/// Draws events of every type in the catalogue, about few people and things, so that they meet.
class History {
  public:
    History(unsigned seed, ViewRig& rig) : rig_(rig), random_(seed) {
        // Persons who share a slot, and others in both partitions.
        for (const std::uint16_t slot : std::array<std::uint16_t, 5>{5, 5, 6, 700, 1023}) {
            welcome(slot);
        }
    }

    bool chance(unsigned percent) { return below(100) < percent; }
    std::size_t below(std::size_t end) { return random_() % end; }
    const Citizen& anybody() { return people_[below(people_.size())]; }
    [[nodiscard]] const std::vector<Citizen>& erased() const { return erased_; }

    /// Appends one event, hours or days after the last.
    void append() {
        const auto all = schema::all_events();
        const schema::EventInfo& info = all[below(all.size())];
        if (info.type == schema::info<schema::PeriodExpired>().type) {
            return;  // what it says must be true: expire()
        }
        schema::Event event = sample_event(info);
        std::visit([&](auto& message) { draw(message); }, event);
        rig_.set_time(rig_.time() + std::chrono::hours(below(72)));
        if (std::holds_alternative<schema::SubjectErased>(event)) {
            erase(Citizen(anybody()));
        } else {
            place(info, std::move(event));
        }
    }

    /// The person, with all accounts she had; another one comes for her.
    void erase(const Citizen& who) {
        // Of a class whose keys stay: once this record could not be read any more, a rebuild would
        // bring the person back.
        auto erased = about<schema::SubjectErased>(who);
        erased.mutable_leaf()->mutable_head()->set_retention(schema::PLATFORM);
        rig_.append(erased);
        std::copy_if(people_.begin(), people_.end(), std::back_inserter(erased_),
                     [&](const Citizen& one) { return one.person == who.person; });
        std::erase_if(people_, [&](const Citizen& one) { return one.person == who.person; });
        welcome(slot_of(who.account).value());
    }

  private:
    /// A new person, or another account of one of the slot.
    void welcome(std::uint16_t slot) {
        Citizen who = citizen(slot, ++accounts_);
        const auto known = std::find_if(people_.begin(), people_.end(), [&](const Citizen& one) {
            return slot_of(one.account) == Slot(slot);
        });
        if (known != people_.end() && chance(50)) {
            who.person = known->person;
        }
        people_.push_back(who);
        rig_.append(about<schema::AccountRegistered>(who));
    }

    void place(const schema::EventInfo& info, schema::Event event) {
        schema::LeafHead& leaf = schema::head(event);
        schema::LinkHead& link = schema::link_head(event);
        leaf.set_retention(schema::RETENTION_UNSPECIFIED);
        if (info.type == schema::info<schema::LoginApproved>().type && chance(50)) {
            leaf.set_retention(schema::EVIDENCE);
        }
        link.clear_account_id();
        link.clear_key_index();
        const std::uint32_t block = schema::family_block(info.type);
        const bool about_somebody = block >= 1 && block <= 6 &&
                                    info.retention != schema::DELIVERY &&
                                    info.type != schema::info<schema::RegistrationRefused>().type;
        if (about_somebody) {
            const Citizen& who = anybody();
            link.set_account_id(who.account.to_bytes());
            link.set_key_index(who.person.value());
            rig_.append(std::move(event));
        } else if (block >= 7 && block <= 10) {
            rig_.append(std::move(event), control_partition);
        } else {
            rig_.append(std::move(event), PartitionId(static_cast<std::uint16_t>(1 + below(2))));
        }
    }

    /// Replaces ids by ones of a small pool, and picks enumerators and field names.
    void draw(Message& message) {
        const auto& descriptor = *message.GetDescriptor();
        const auto& reflection = *message.GetReflection();
        for (int i = 0; i < descriptor.field_count(); ++i) {
            const FieldDescriptor& field = *descriptor.field(i);
            const int count = field.is_repeated() ? reflection.FieldSize(message, &field) : 1;
            for (int at = 0; at < count; ++at) {
                draw(message, field, at);
            }
        }
    }
    void draw(Message& message, const FieldDescriptor& field, int at) {
        const auto& reflection = *message.GetReflection();
        if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
            draw(field.is_repeated() ? *reflection.MutableRepeatedMessage(&message, &field, at)
                                     : *reflection.MutableMessage(&message, &field));
        } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM && !field.is_repeated()) {
            const auto& kinds = *field.enum_type();
            reflection.SetEnum(&message, &field,
                               kinds.value(static_cast<int>(
                                   below(static_cast<std::size_t>(kinds.value_count())))));
        } else if (field.cpp_type() != FieldDescriptor::CPPTYPE_STRING) {
            return;
        } else if (const auto drawn = drawn_value(field.name())) {
            if (field.is_repeated()) {
                reflection.SetRepeatedString(&message, &field, at, *drawn);
            } else {
                reflection.SetString(&message, &field, *drawn);
            }
        }
    }
    std::optional<std::string> drawn_value(const std::string& name) {
        static const std::map<std::string, std::pair<std::size_t, std::size_t>> pools = {
            {"request_id", {16, 6}},    {"login_id", {16, 6}},    {"device_id", {16, 5}},
            {"old_device_id", {16, 5}}, {"client_id", {16, 3}},   {"alert_id", {32, 4}},
            {"case_id", {16, 3}},       {"operator_id", {16, 3}}, {"staff_id", {16, 3}},
            {"terminal_id", {16, 3}},   {"person_id", {16, 3}},   {"serial", {4, 2}}};
        if (name == "field_names") {
            constexpr const char* names[] = {"prefix", "maritalStatus", "idNo"};
            return names[below(3)];
        }
        const auto pool = pools.find(name);
        if (pool == pools.end()) {
            return std::nullopt;
        }
        return std::string(pool->second.first, static_cast<char>(1 + below(pool->second.second)));
    }

    ViewRig& rig_;
    std::mt19937 random_;
    std::uint8_t accounts_ = 0;
    std::vector<Citizen> people_;
    std::vector<Citizen> erased_;
};

void expect_function_of_the_log(ViewRig& rig, const std::string& when) {
    SCOPED_TRACE(when);
    rig.fold();
    ScratchFolder scratch;
    for (const fold::View* view : rig.views.all()) {
        EXPECT_EQ(rig.dump(view->name()), rig.folded_anew(view->name())) << view->name();
        const auto difference = rig.diff_rebuilt(*view, scratch.path() / "build");
        EXPECT_TRUE(difference.empty())
            << view->name() << ": " << difference.differing << " rows differ";
    }
}

/// What happens when the keys of a period are destroyed: control says so, the keys are gone, the
/// log's rows of it are swept.
void expire(ViewRig& rig, schema::Retention retention, keys::Period period) {
    schema::PeriodExpired over;
    over.mutable_leaf()->set_expired_class(retention);
    over.mutable_leaf()->set_expired_period(period.value());
    rig.append(over, control_partition);
    rig.fold();
    rig.vault.expire(retention, period);
    rig.maintain(rig.views.log.name(), [&](fold::RowBatch& rows) {
        for (std::uint16_t slot = 0; slot < slot_count; ++slot) {
            ASSERT_TRUE(rig.views.log.expire(Slot(slot), retention, period, rows));
        }
    });
    for (const std::string_view view : {rig.views.asked.name(), rig.views.transactions.name()}) {
        rig.maintain(view, [&](fold::RowBatch& rows) {
            ASSERT_TRUE(projections::erase_period(rows, fold::KeyRange::all(), retention, period));
        });
    }
}

void expect_nothing_left_of(const ViewRig& rig, const Citizen& who) {
    for (const fold::View* view : rig.views.all()) {
        if (view->scope() != fold::Scope::slots) {
            continue;
        }
        for (const auto& [key, value] : rig.dump(view->name())) {
            EXPECT_FALSE(key.starts_with(projections::account_prefix(who.account))) << view->name();
            EXPECT_EQ(value.find(who.account.bytes()), Bytes::npos) << view->name();
        }
    }
}

TEST(ViewsFold, AnyWayOfFoldingGivesTheSameBytes) {
    std::set<std::string> filled;  // views that had something to compare, in one history at least
    for (unsigned seed = 1; seed <= histories; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        ViewRig rig;
        History history(seed, rig);
        for (int i = 0; i < events_a_history; ++i) {
            history.append();
            if (history.chance(20)) {
                rig.fold();
            }
            if (history.chance(3)) {
                rig.restart(history.below(4));
            }
        }
        expect_function_of_the_log(rig, "after a history");
        for (const fold::View* view : rig.views.all()) {
            if (!rig.dump(view->name()).empty()) {
                filled.insert(std::string(view->name()));
            }
        }

        history.erase(Citizen(history.anybody()));
        expect_function_of_the_log(rig, "after an erasure");
        for (const Citizen& who : history.erased()) {
            expect_nothing_left_of(rig, who);
        }

        for (const std::uint32_t month : {202601, 202602, 202603}) {
            expire(rig, schema::SIGN_IN, keys::Period(month));
            expire(rig, schema::STAFF, keys::Period(month));
        }
        expire(rig, schema::ATTEMPT, keys::Period(202602));
        expect_function_of_the_log(rig, "after periods are over");
        rig.restart();
        expect_function_of_the_log(rig, "after a restart");
    }
    const ViewRig rig;
    for (const fold::View* view : rig.views.all()) {
        EXPECT_TRUE(filled.contains(std::string(view->name()))) << view->name();
    }
}

}  // namespace
}  // namespace chopmark::test
