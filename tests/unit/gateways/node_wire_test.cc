// Every command there is, with every member filled by chance, survives the wire; nothing else does.
#include <gtest/gtest.h>

#include <random>

#include "aggregates/runtime/command_wire_message.h"
#include "events/schema/event.h"
#include "gateways/node/desk_wire.h"

namespace chopmark {
namespace {

namespace wire = runtime::wire;

template <class T>
struct IsId : std::false_type {};
template <class Tag, std::size_t N>
struct IsId<OpaqueId<Tag, N>> : std::true_type {};

/// Fills any plain value; the alternatives and lengths that it chooses are the generator's.
class Filler {
  public:
    explicit Filler(std::uint64_t seed) : engine_(seed) {}

    std::size_t below(std::size_t end) { return engine_() % end; }

    template <class T>
    void fill(T& value) {
        if constexpr (std::same_as<T, bool>) {
            value = below(2) == 1;
        } else if constexpr (std::is_enum_v<T>) {
            value = static_cast<T>(below(4));
        } else if constexpr (std::integral<T>) {
            value = static_cast<T>(engine_());
        } else if constexpr (IsId<T>::value) {
            ByteArray<T::size> bytes{};
            fill(bytes);
            value = T(bytes);
        } else if constexpr (wire::ProtoMessage<T>) {
            fill_message(value);
        } else {
            boost::pfr::for_each_field(value, [this](auto& member) { this->fill(member); });
        }
    }
    template <class Tag, class Integer>
    void fill(NumberId<Tag, Integer>& id) {
        id = NumberId<Tag, Integer>(static_cast<Integer>(engine_()));
    }
    void fill(Instant& at) { at = Instant::from_micros(static_cast<std::int64_t>(engine_())); }
    void fill(Duration& span) { span = Duration(static_cast<std::int64_t>(engine_() >> 1)); }
    void fill(std::chrono::year_month_day& date) {
        using namespace std::chrono;
        date = {year(static_cast<int>(1900 + below(200))), month(static_cast<unsigned>(below(13))),
                day(static_cast<unsigned>(below(32)))};
    }
    void fill(std::string& text) {
        text.resize(below(40));
        for (char& byte : text) {
            byte = static_cast<char>(engine_());
        }
    }
    template <std::size_t N>
    void fill(ByteArray<N>& bytes) {
        for (auto& byte : bytes) {
            byte = static_cast<std::uint8_t>(engine_());
        }
    }
    void fill(citizen::HkidNumber& number) {
        const auto digits = std::to_string(100'000 + below(900'000));
        const std::string body = std::string(1, static_cast<char>('A' + below(26))) + digits;
        number = *citizen::HkidNumber::parse(body + citizen::hkid_check_character(body));
    }
    template <class T>
    void fill(Sensitive<T>& value) {
        T inner{};
        fill(inner);
        value = Sensitive<T>(std::move(inner));
    }
    template <class T>
    void fill(std::optional<T>& value) {
        value.reset();
        if (below(2) == 1) {
            fill(value.emplace());
        }
    }
    template <class... Ts>
    void fill(std::variant<Ts...>& value) {
        fill_one(value, below(sizeof...(Ts)), std::index_sequence_for<Ts...>());
    }
    template <class T>
    void fill(std::vector<T>& list) {
        list.resize(below(4));
        for (T& element : list) {
            fill(element);
        }
    }
    template <class T>
    void fill(std::set<T>& set) {
        for (std::size_t left = below(4); left > 0; --left) {
            T element{};
            fill(element);
            set.insert(std::move(element));
        }
    }
    template <class K, class V>
    void fill(std::map<K, V>& map) {
        for (std::size_t left = below(4); left > 0; --left) {
            K key{};
            fill(key);
            fill(map[key]);
        }
    }

  private:
    template <class... Ts, std::size_t... Is>
    void fill_one(std::variant<Ts...>& value, std::size_t index, std::index_sequence<Is...>) {
        ((index == Is ? fill(value.template emplace<Is>()) : void()), ...);
    }
    void fill_message(google::protobuf::Message& message) {
        const auto& descriptor = *message.GetDescriptor();
        const auto& reflection = *message.GetReflection();
        for (int i = 0; i < descriptor.field_count(); ++i) {
            const auto* field = descriptor.field(i);
            if (field->is_repeated()) {
                continue;
            }
            using Field = google::protobuf::FieldDescriptor;
            if (field->cpp_type() == Field::CPPTYPE_STRING) {
                reflection.SetString(&message, field, "text " + std::to_string(below(1000)));
            } else if (field->cpp_type() == Field::CPPTYPE_UINT32) {
                reflection.SetUInt32(&message, field, static_cast<std::uint32_t>(below(1000)));
            } else if (field->cpp_type() == Field::CPPTYPE_UINT64) {
                reflection.SetUInt64(&message, field, engine_());
            }
        }
    }

    std::mt19937_64 engine_;
};

template <class Command>
std::pair<std::size_t, std::size_t> alternative_of(const Command& command) {
    return {command.index(), std::visit([](const auto& noun) { return noun.index(); }, command)};
}

template <class Command, std::size_t... Is>
std::size_t count_alternatives(std::index_sequence<Is...> /*all*/) {
    return (std::variant_size_v<std::variant_alternative_t<Is, Command>> + ...);
}
template <class Command>
std::size_t count_alternatives() {
    return count_alternatives<Command>(std::make_index_sequence<std::variant_size_v<Command>>());
}

template <class Each>
void run_orders(Filler& filler, Each&& each) {
    constexpr int rounds = 3000;
    for (int round = 0; round < rounds; ++round) {
        if (round % 2 == 0) {
            wire::CitizenOrder order;
            filler.fill(order);
            each(wire::Order(std::move(order)));
        } else {
            wire::ControlOrder order;
            filler.fill(order);
            each(wire::Order(std::move(order)));
        }
    }
}

TEST(NodeWire, CarriesEveryCommandThereIs) {
    Filler filler(20'261'121);
    std::set<std::pair<std::size_t, std::size_t>> citizens;
    std::set<std::pair<std::size_t, std::size_t>> controls;
    run_orders(filler, [&](const wire::Order& order) {
        const Bytes bytes = wire::encode_order(order);
        const auto back = wire::decode_order(bytes);
        ASSERT_TRUE(back) << back.error();
        ASSERT_EQ(back->index(), order.index());
        EXPECT_EQ(wire::encode_order(*back), bytes);
        if (const auto* citizen = std::get_if<wire::CitizenOrder>(&order)) {
            citizens.insert(alternative_of(citizen->command));
            EXPECT_EQ(std::get<wire::CitizenOrder>(*back).head.id, citizen->head.id);
        } else {
            controls.insert(alternative_of(std::get<wire::ControlOrder>(order).command));
        }
    });
    EXPECT_EQ(citizens.size(), count_alternatives<citizen::Command>());
    EXPECT_EQ(controls.size(), count_alternatives<control::Command>());
}

/// Counted in the headers by hand: a member that the walk would pass over shows here.
TEST(NodeWire, SeesEveryMember) {
    EXPECT_EQ(boost::pfr::tuple_size_v<CommandHead>, 7U);
    EXPECT_EQ(boost::pfr::tuple_size_v<citizen::RegisterAccount>, 6U);
    EXPECT_EQ(boost::pfr::tuple_size_v<citizen::NewDevice>, 8U);
    EXPECT_EQ(boost::pfr::tuple_size_v<citizen::LoginOffer>, 8U);
    EXPECT_EQ(boost::pfr::tuple_size_v<citizen::LoginEnds>, 10U);
    EXPECT_EQ(boost::pfr::tuple_size_v<citizen::ApproveLogin>, 6U);
    EXPECT_EQ(boost::pfr::tuple_size_v<citizen::OpenRequest>, 4U);
    EXPECT_EQ(boost::pfr::tuple_size_v<citizen::SigningContent>, 6U);
    EXPECT_EQ(boost::pfr::tuple_size_v<citizen::ListRequest>, 4U);
    EXPECT_EQ(boost::pfr::tuple_size_v<citizen::RequestHead>, 6U);
    EXPECT_EQ(boost::pfr::tuple_size_v<citizen::AskBulk>, 7U);
    EXPECT_EQ(boost::pfr::tuple_size_v<citizen::ListBulk>, 4U);
    EXPECT_EQ(boost::pfr::tuple_size_v<citizen::ApproveBulk>, 7U);
    EXPECT_EQ(boost::pfr::tuple_size_v<citizen::SignBulkPart>, 9U);
    EXPECT_EQ(boost::pfr::tuple_size_v<citizen::CardFace>, 6U);
    EXPECT_EQ(boost::pfr::tuple_size_v<control::RaiseAlert>, 13U);
    EXPECT_EQ(boost::pfr::tuple_size_v<control::RelyingPartyFacts>, 16U);
    EXPECT_EQ(boost::pfr::tuple_size_v<control::ApplyRelyingParty>, 9U);
    EXPECT_EQ(boost::pfr::tuple_size_v<control::RecordAssessment>, 8U);
    EXPECT_EQ(boost::pfr::tuple_size_v<runtime::Receipt>, 6U);
    EXPECT_EQ(boost::pfr::tuple_size_v<service::ClaimedLogin>, 7U);
    EXPECT_EQ(boost::pfr::tuple_size_v<service::Scan>, 2U);
}

TEST(NodeWire, KeepsEachMemberInItsPlace) {
    Filler filler(7);
    wire::CitizenOrder order;
    filler.fill(order.account);
    filler.fill(order.head);
    citizen::ApproveLogin approve;
    filler.fill(approve);
    order.command = citizen::LoginCommand(approve);
    const auto back = wire::decode_order(wire::encode_order(order));
    ASSERT_TRUE(back);
    const auto& got = std::get<wire::CitizenOrder>(*back);
    EXPECT_EQ(got.account, order.account);
    EXPECT_EQ(got.head.digest, order.head.digest);
    EXPECT_EQ(got.head.issued_at, order.head.issued_at);
    EXPECT_EQ(got.head.actor, order.head.actor);
    EXPECT_EQ(got.head.trace, order.head.trace);
    const auto& login =
        std::get<citizen::ApproveLogin>(std::get<citizen::LoginCommand>(got.command));
    EXPECT_EQ(login.offer.client, approve.offer.client);
    EXPECT_EQ(login.offer.scopes, approve.offer.scopes);
    EXPECT_EQ(login.offer.redirect_uri_digest, approve.offer.redirect_uri_digest);
    EXPECT_EQ(login.ends.phone.SerializeAsString(), approve.ends.phone.SerializeAsString());
    EXPECT_EQ(login.ends.scan_delay, approve.ends.scan_delay);
    EXPECT_EQ(login.ends.picture, approve.ends.picture);
    EXPECT_EQ(login.ends.browser_agent, approve.ends.browser_agent);
    EXPECT_EQ(login.proof.signature, approve.proof.signature);
    EXPECT_EQ(login.number_typed, approve.number_typed);
    EXPECT_EQ(login.checks.face.has_value(), approve.checks.face.has_value());
    EXPECT_EQ(login.claims, approve.claims);
}

TEST(NodeWire, RefusesWhatIsNotExactlyOneMessage) {
    Filler filler(8);
    wire::CitizenOrder order;
    filler.fill(order);
    const Bytes bytes = wire::encode_order(order);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_FALSE(wire::decode_order(ByteView(bytes).substr(0, size))) << size;
    }
    const auto surplus = wire::decode_order(bytes + '\0');
    ASSERT_FALSE(surplus);
    EXPECT_EQ(surplus.error(), wire::malformed);
}

TEST(NodeWire, NeverReadsAnotherLayout) {
    Bytes bytes = wire::encode_order(wire::ControlOrder());
    bytes[3] = static_cast<char>(bytes[3] ^ 1);
    const auto other = wire::decode_order(bytes);
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error(), wire::other_version);
    // A message of one type is none of another.
    EXPECT_EQ(wire::decode_card(wire::encode_account(AccountId())).error(), wire::other_version);
}

/// As two releases of the software: the later one knows another command, and lists it first.
struct Suspend {
    std::uint32_t why = 0;
};
struct Resume {
    std::string note;
};
struct Delegate {
    std::uint64_t to = 0;
};
using Earlier = std::variant<std::variant<Suspend>, std::variant<Resume>>;
using Later = std::variant<std::variant<Delegate>, std::variant<Resume, Suspend>>;

Bytes later_release(Later command) { return wire::encode_message(command); }

TEST(NodeWire, UnderstandsWhatBothReleasesKnow) {
    const auto suspended =
        wire::decode_message<Earlier>(later_release(std::variant<Resume, Suspend>(Suspend{7})));
    ASSERT_TRUE(suspended) << suspended.error();
    EXPECT_EQ(std::get<Suspend>(std::get<0>(*suspended)).why, 7U);
    const auto resumed = wire::decode_message<Earlier>(
        later_release(std::variant<Resume, Suspend>(Resume{"well again"})));
    ASSERT_TRUE(resumed) << resumed.error();
    EXPECT_EQ(std::get<Resume>(std::get<1>(*resumed)).note, "well again");
    const auto delegated =
        wire::decode_message<Earlier>(later_release(std::variant<Delegate>(Delegate{9})));
    ASSERT_FALSE(delegated);
    EXPECT_EQ(delegated.error(), wire::other_version);
}

struct One {
    std::uint32_t a = 0;
    std::string b;
};
struct Swapped {
    std::string b;
    std::uint32_t a = 0;
};
TEST(NodeWire, FingerprintsTheOrderOfMembers) {
    std::string one;
    std::string swapped;
    wire::describe<One>(one);
    wire::describe<Swapped>(swapped);
    EXPECT_NE(one.substr(one.find('{')), swapped.substr(swapped.find('{')));
}

TEST(NodeWire, BringsErrorsBackAsTheyWere) {
    const Result<runtime::Receipt> refusal(
        Error(citizen::login_too_many, "more than one can hold"));
    const auto back = wire::decode_receipt(wire::encode_receipt(refusal));
    ASSERT_FALSE(back);
    EXPECT_EQ(back.error(), citizen::login_too_many);
    EXPECT_EQ(back.error().kind(), Kind::busy);
    EXPECT_EQ(back.error().detail, "more than one can hold");
    const Result<runtime::Receipt> odd(Error(Reason{"No Name", Kind::refused}));
    EXPECT_EQ(wire::decode_receipt(wire::encode_receipt(odd)).error(), wire::reason_untold);
    EXPECT_EQ(wire::decode_receipt("").error(), wire::malformed);
    EXPECT_EQ(wire::decode_receipt("\2").error(), wire::malformed);
}

TEST(NodeWire, BringsReceiptsWithTheirEvent) {
    runtime::Receipt receipt;
    receipt.partition = PartitionId(3);
    receipt.sequence = Sequence(77);
    receipt.recorded_at = Instant::from_micros(5);
    receipt.replayed = true;
    schema::LoginApproved approved;
    approved.mutable_leaf()->set_client_id("client");
    approved.mutable_link()->mutable_head()->set_account_id("account");
    receipt.event = std::make_shared<const schema::Event>(approved);
    const auto back = wire::decode_receipt(wire::encode_receipt(receipt));
    ASSERT_TRUE(back) << back.error();
    EXPECT_EQ(back->sequence, Sequence(77));
    EXPECT_TRUE(back->replayed);
    const auto* event = std::get_if<schema::LoginApproved>(back->event.get());
    ASSERT_NE(event, nullptr);
    EXPECT_EQ(event->SerializeAsString(), approved.SerializeAsString());
    receipt.event = nullptr;
    EXPECT_EQ(wire::decode_receipt(wire::encode_receipt(receipt)).error(), wire::malformed);
}

TEST(NodeWire, BringsNobodyAsNobody) {
    const auto state = wire::decode_state(wire::encode_state(wire::StatePtr()));
    ASSERT_TRUE(state);
    EXPECT_EQ(*state, nullptr);
    citizen::CardHolder holder;
    holder.key_index = KeyIndex(9);
    holder.active = true;
    const auto back = wire::decode_holder(
        wire::encode_holder(std::make_shared<const citizen::CardHolder>(holder)));
    ASSERT_TRUE(back);
    EXPECT_EQ(**back, holder);
}

TEST(NodeWire, CarriesScansAndClaims) {
    Filler filler(9);
    node::ScanQuestion question;
    filler.fill(question);
    const auto asked = node::decode_scan(node::encode_scan(question));
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->scan.text, question.scan.text);
    EXPECT_EQ(asked->scan.by_link, question.scan.by_link);
    EXPECT_EQ(asked->phone, question.phone);
    service::ClaimedLogin claimed;
    filler.fill(claimed);
    const auto back = node::decode_claimed(node::encode_claimed(claimed));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->claim, claimed.claim);
    EXPECT_EQ(back->browser_address, claimed.browser_address);
    EXPECT_EQ(back->until, claimed.until);
}

}  // namespace
}  // namespace chopmark
