#include "ops/key_retirement.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "events/crypto/crl.h"
#include "events/schema/event.h"
#include "ops/owed_answers.h"
#include "tests/support/test_phone.h"

namespace chopmark::ops {
namespace {

using test::GatewayBench;
using test::TestPhone;

/// A port whose destroying can be made to fail, as a lost connection to an HSM does.
class FaultyPort final : public keys::KeyPort {
  public:
    explicit FaultyPort(keys::KeyPort& below) : below_(below) {}
    Result<Bytes> create(const keys::KeyHandle& handle) override { return below_.create(handle); }
    [[nodiscard]] Result<Bytes> public_key(const keys::KeyHandle& handle) override {
        return below_.public_key(handle);
    }
    [[nodiscard]] Result<Bytes> sign(const keys::KeyHandle& handle, keys::SigningScheme scheme,
                                     ByteView content) override {
        return below_.sign(handle, scheme, content);
    }
    Result<void> destroy(const keys::KeyHandle& handle) override {
        ++destroyed;
        return failing ? Result<void>(Error(keys::rows_failed)) : below_.destroy(handle);
    }
    bool failing = false;
    unsigned destroyed = 0;

  private:
    keys::KeyPort& below_;
};

/// Stumbles over one certificate.
class RefusingAuthority final : public ports::CertificationAuthority {
  public:
    explicit RefusingAuthority(ports::CertificationAuthority& below) : below_(below) {}
    Result<ports::IssuedCertificate> issue(const RequestId& request, ByteView public_key,
                                           const Sensitive<std::string>& name) override {
        return below_.issue(request, public_key, name);
    }
    Result<void> revoke(const RequestId& request, ByteView serial) override {
        if (serial == failing) {
            return Error(ports::outside_unreachable);
        }
        return serial == refusing ? Result<void>(Error(ports::outside_refused))
                                  : below_.revoke(request, serial);
    }
    Result<ports::RevocationList> revocation_list() override { return below_.revocation_list(); }
    Bytes failing;
    Bytes refusing;

  private:
    ports::CertificationAuthority& below_;
};

/// Lets something happen before its answer arrives.
class LateAuthority final : public ports::CertificationAuthority {
  public:
    LateAuthority(ports::CertificationAuthority& below, std::function<void()> meanwhile)
        : below_(below), meanwhile_(std::move(meanwhile)) {}
    Result<ports::IssuedCertificate> issue(const RequestId& request, ByteView public_key,
                                           const Sensitive<std::string>& name) override {
        CHOPMARK_ASSIGN(auto out, below_.issue(request, public_key, name));
        issued = out.serial;
        meanwhile_();
        return out;
    }
    Result<void> revoke(const RequestId& request, ByteView serial) override {
        return below_.revoke(request, serial);
    }
    Result<ports::RevocationList> revocation_list() override { return below_.revocation_list(); }
    Bytes issued;

  private:
    ports::CertificationAuthority& below_;
    const std::function<void()> meanwhile_;
};

struct KeyRetirementTest : testing::Test {
    KeyRetirementTest() { open(); }

    void open() {
        retirement = KeyRetirement::open({bench.journal(), *bench.vault, rows, port,
                                          *bench.authority, bench.clock, bench.work})
                         .value();
    }
    void tick() {
        retirement->tick();
        bench.run();
    }
    /// The follow-ups that the node would look after; certificates come this way.
    void answer_owed() { answer_owed(*bench.authority); }
    void answer_owed(ports::CertificationAuthority& authority) {
        FollowUps follow_ups(FollowUps::Options(), bench.work, bench.clock, bench.entropy);
        handle_owed_answers(
            follow_ups, bench.work,
            {bench.service(), *bench.finder, bench.snapshots, port, authority, push, bench.clock});
        std::vector<OwedAnswer> owed;
        for (std::uint16_t p = 1; p <= GatewayBench::partitions; ++p) {
            for (const auto& one : bench.domain(PartitionId(p)).outstanding(bench.clock.now())) {
                owed.push_back({one.account, one.follow_up, 0});
            }
        }
        follow_ups.look(owed);
        bench.run();
    }
    void given_signing_account(TestPhone& phone) {
        ASSERT_EQ(phone.register_by_chip("a password of mine").status, 200);
        answer_owed();
        const auto state = bench.state_of(phone.account);
        ASSERT_EQ(state->certificate.status, citizen::CertificateStatus::valid);
    }
    keys::KeyHandle key_of(const TestPhone& phone) {
        return bench.state_of(phone.account)->certificate.key_handle;
    }
    void close(TestPhone& phone) {
        ASSERT_EQ(phone.act("app.account.close", "/app/v1/account/close", Json::object()).status,
                  200);
    }
    /// By the second administrator, who is of the security team as well, and in a case.
    Result<runtime::Receipt> revoke_certificate(const TestPhone& phone) {
        const StaffId second = control::staff_id_of(bench.second.point().to_bytes());
        const control::ChangeStaffRoles roles{
            second, {schema::STAFF_ROLE_ADMINISTRATOR, schema::STAFF_ROLE_SECURITY}, {}};
        CHOPMARK_TRY(bench.order(control::Command(control::StaffCommand(roles))));
        control::OpenCase open;
        open.id = control::CaseId{{0xca}};
        open.kind = "certificate.renewal";
        CHOPMARK_TRY(
            bench.order(control::Command(control::AlertCaseCommand(std::move(open))), true));
        citizen::RevokeCertificate revoke;
        revoke.reason = citizen::Revocation::superseded;
        revoke.by = citizen::StaffOrder{control::CaseId{{0xca}}, {}};
        CommandHead head;
        head.id = bench.entropy.draw<CommandId>();
        head.issued_at = bench.clock.now();
        head.caller = head.actor = {schema::Party::STAFF_MEMBER, second.to_bytes()};
        return bench.send(phone.account, citizen::CertificateCommand(revoke), head);
    }
    [[nodiscard]] bool is_revoked(const Bytes& serial) {
        const auto issuer = crypto::Certificate::parse(bench.authority->certificate()).value();
        const auto list = bench.authority->revocation_list().value();
        const auto known = crypto::read_crl(issuer, list.list).value();
        return std::ranges::find(known.serials, serial) != known.serials.end();
    }
    Bytes serial_of(const TestPhone& phone) {
        return bench.state_of(phone.account)->certificate.serial;
    }
    [[nodiscard]] bool is_destroyed(const keys::KeyHandle& handle) {
        const auto key = bench.signing_keys.public_key(handle);
        return !key && key.error() == keys::signing_key_destroyed;
    }

    using Json = service::Json;
    /// Benches share the authority: another seed makes other requests of it.
    static GatewayBench::Options another() {
        static std::uint64_t seed = 100;
        GatewayBench::Options options;
        options.seed = ++seed;
        return options;
    }
    GatewayBench bench{another()};
    fold::MemoryRows rows{{.buffered_commits = 16}};
    FaultyPort port{bench.signing_keys};
    outside::SandboxPush push;
    std::unique_ptr<KeyRetirement> retirement;
};

TEST_F(KeyRetirementTest, LeavesAKeyInUseAlone) {
    TestPhone phone(bench);
    tick();  // wanted, not made yet
    given_signing_account(phone);
    tick();
    EXPECT_EQ(port.destroyed, 0U);
    EXPECT_TRUE(bench.signing_keys.public_key(key_of(phone)).has_value());
}

TEST_F(KeyRetirementTest, DestroysTheKeyOfAClosedAccountOnce) {
    TestPhone phone(bench);
    given_signing_account(phone);
    const keys::KeyHandle key = key_of(phone);
    close(phone);
    tick();
    EXPECT_TRUE(is_destroyed(key));
    EXPECT_EQ(retirement->probe().destroyed, 1U);
    tick();
    EXPECT_EQ(port.destroyed, 1U);
}

TEST_F(KeyRetirementTest, LeavesTheKeyOfTheNextRegistrationAlone) {
    TestPhone phone(bench);
    given_signing_account(phone);
    const keys::KeyHandle first = key_of(phone);
    close(phone);
    TestPhone again(bench);
    given_signing_account(again);
    tick();
    EXPECT_TRUE(is_destroyed(first));
    EXPECT_TRUE(bench.signing_keys.public_key(key_of(again)).has_value());
}

TEST_F(KeyRetirementTest, DestroysBothKeysOfARevokedCertificateAndItsSuccessorInTheirTime) {
    TestPhone phone(bench);
    given_signing_account(phone);
    const keys::KeyHandle first = key_of(phone);
    const auto revoked = revoke_certificate(phone);
    ASSERT_TRUE(revoked.has_value()) << revoked.error();
    tick();
    EXPECT_TRUE(is_destroyed(first));
    answer_owed();
    const keys::KeyHandle second = key_of(phone);
    ASSERT_NE(second, first);
    tick();
    EXPECT_TRUE(bench.signing_keys.public_key(second).has_value());
    close(phone);
    tick();
    EXPECT_TRUE(is_destroyed(second));
}

TEST_F(KeyRetirementTest, DestroysTheKeyForACertificateThatTheAuthorityRefused) {
    TestPhone phone(bench);
    phone.card.english_name = "NOCERT, Tai Man";
    ASSERT_EQ(phone.register_by_chip("a password of mine").status, 200);
    const EventId cause = bench.state_of(phone.account)->certificate.wanted.value().cause;
    answer_owed();
    EXPECT_EQ(bench.state_of(phone.account)->certificate.status,
              citizen::CertificateStatus::refused);
    EXPECT_FALSE(bench.state_of(phone.account)->certificate.wanted);
    ASSERT_TRUE(bench.signing_keys.public_key(signing_key_of(cause)).has_value());
    tick();
    EXPECT_TRUE(is_destroyed(signing_key_of(cause)));
}

/// The key was made, but the account was closed before the authority answered.
TEST_F(KeyRetirementTest, DestroysAKeyWhoseCertificateNeverCame) {
    TestPhone phone(bench);
    ASSERT_EQ(phone.register_by_chip("a password of mine").status, 200);
    const EventId cause = bench.state_of(phone.account)->certificate.wanted.value().cause;
    bench.authority->fault.set_unreachable(true);
    answer_owed();
    bench.authority->fault.set_unreachable(false);
    ASSERT_TRUE(bench.signing_keys.public_key(signing_key_of(cause)).has_value());
    close(phone);
    tick();
    EXPECT_TRUE(is_destroyed(signing_key_of(cause)));
    EXPECT_EQ(bench.signing_keys.create(signing_key_of(cause)).error(),
              keys::signing_key_destroyed);
}

/// The authority answered, but the account had been closed meanwhile.
TEST_F(KeyRetirementTest, RevokesACertificateThatNobodyWantsAnyMore) {
    TestPhone phone(bench);
    ASSERT_EQ(phone.register_by_chip("a password of mine").status, 200);
    LateAuthority authority(*bench.authority, [&] { close(phone); });
    answer_owed(authority);
    EXPECT_TRUE(bench.state_of(phone.account)->certificate.serial.empty());
    EXPECT_TRUE(is_revoked(authority.issued));
}

TEST_F(KeyRetirementTest, GoesOnWhereAFailingPortStoppedIt) {
    TestPhone phone(bench);
    given_signing_account(phone);
    const keys::KeyHandle key = key_of(phone);
    close(phone);
    port.failing = true;
    tick();
    EXPECT_FALSE(is_destroyed(key));
    EXPECT_GT(retirement->probe().failed, 0U);
    port.failing = false;
    open();  // another life
    tick();
    EXPECT_TRUE(is_destroyed(key));
}

TEST_F(KeyRetirementTest, HasTheAuthorityRevokeTheCertificateOfAClosedAccount) {
    TestPhone phone(bench);
    given_signing_account(phone);
    const Bytes serial = serial_of(phone);
    tick();
    EXPECT_FALSE(is_revoked(serial));
    close(phone);
    tick();
    EXPECT_TRUE(is_revoked(serial));
    EXPECT_EQ(retirement->probe().revoked, 1U);
    tick();
    EXPECT_EQ(retirement->probe().revoked, 1U);
}

/// It holds up no destruction, and is asked until it answers, in another life too.
TEST_F(KeyRetirementTest, OwesARevocationUntilTheAuthorityIsThere) {
    TestPhone phone(bench);
    given_signing_account(phone);
    const keys::KeyHandle key = key_of(phone);
    const Bytes serial = serial_of(phone);
    close(phone);
    bench.authority->fault.set_unreachable(true);
    tick();
    EXPECT_TRUE(is_destroyed(key));
    EXPECT_GT(retirement->probe().failed, 0U);
    bench.authority->fault.set_unreachable(false);
    EXPECT_FALSE(is_revoked(serial));
    open();
    tick();
    EXPECT_TRUE(is_revoked(serial));
}

/// One that fails every time is passed by.
TEST_F(KeyRetirementTest, AsksForTheOthersBehindOneThatFails) {
    TestPhone phone(bench);
    given_signing_account(phone);
    const Bytes first = serial_of(phone);
    close(phone);
    TestPhone again(bench);
    given_signing_account(again);
    const Bytes second = serial_of(again);
    close(again);
    RefusingAuthority authority(*bench.authority);
    retirement = KeyRetirement::open({bench.journal(), *bench.vault, rows, port, authority,
                                      bench.clock, bench.work})
                     .value();
    authority.failing = first;
    tick();
    tick();
    tick();
    EXPECT_FALSE(is_revoked(first));
    EXPECT_TRUE(is_revoked(second));
    authority.failing.clear();
    authority.refusing = first;
    tick();
    tick();
    EXPECT_EQ(retirement->probe().refused, 1U);
    EXPECT_EQ(retirement->probe().revoked, 1U);
}

TEST_F(KeyRetirementTest, RevokesWhatTheCitizenEndsAndMakesNoOtherUnlessWished) {
    TestPhone phone(bench);
    given_signing_account(phone);
    const Bytes first = serial_of(phone);
    const auto revoke = [&](const char* reason) {
        return phone
            .act("app.certificate.revoke", "/app/v1/certificate/revoke", {{"reason", reason}})
            .status;
    };
    EXPECT_EQ(revoke("fraud_confirmed"), 400);
    ASSERT_EQ(revoke("key_compromised"), 200);
    answer_owed();
    const Bytes second = serial_of(phone);
    EXPECT_NE(second, first);
    ASSERT_EQ(revoke("citizen_wish"), 200);
    EXPECT_NE(revoke("citizen_wish"), 200);
    tick();
    EXPECT_TRUE(is_revoked(first));
    EXPECT_TRUE(is_revoked(second));
    EXPECT_FALSE(bench.state_of(phone.account)->certificate.wanted);
}

TEST_F(KeyRetirementTest, RevokesTheSucceededCertificateOnly) {
    TestPhone phone(bench);
    given_signing_account(phone);
    const Bytes first = serial_of(phone);
    ASSERT_TRUE(revoke_certificate(phone).has_value());
    answer_owed();
    tick();
    EXPECT_TRUE(is_revoked(first));
    EXPECT_FALSE(is_revoked(serial_of(phone)));
}

TEST_F(KeyRetirementTest, LosesNothingWithItsLastCommits) {
    TestPhone phone(bench);
    given_signing_account(phone);
    const keys::KeyHandle first = key_of(phone);
    tick();
    close(phone);
    TestPhone again(bench);
    given_signing_account(again);
    tick();
    ASSERT_TRUE(is_destroyed(first));
    rows.lose_buffered(16);
    open();
    tick();
    EXPECT_TRUE(is_destroyed(first));
    EXPECT_TRUE(bench.signing_keys.public_key(key_of(again)).has_value());
}

}  // namespace
}  // namespace chopmark::ops
