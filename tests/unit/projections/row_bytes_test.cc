// The bytes of every row and key of the views, as row_bytes.py beside this file writes them: an
// encoder of its own that knows the grammar only. Other bytes mean another version of the view.
#include <gtest/gtest.h>

#include "projections/citizen_rows.h"
#include "projections/eme_view/eme_view.h"
#include "projections/record_row.h"
#include "tests/support/view_rig.h"

namespace chopmark::projections {
namespace {

using test::id_of;

Instant at(std::int64_t seconds) { return Instant::from_seconds(seconds); }

template <class Row>
void expect_bytes(const Row& row, std::string_view hex) {
    EXPECT_EQ(to_hex(fold::encode_row(row)), hex);
    const auto read = fold::decode_row<Row>(from_hex(hex).value());
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, row);
}

const test::Citizen who = test::citizen(5, 1);

TEST(RowBytes, KeysOfCitizens) {
    EXPECT_EQ(to_hex(account_prefix(who.account)), "000501400101010101010101010101010101");
    EXPECT_EQ(to_hex(newest_first_key(who.account, Sequence(7))),
              "000501400101010101010101010101010101fffffffffffffff8");
    EXPECT_EQ(sequence_of_newest_first(newest_first_key(who.account, Sequence(7))), Sequence(7));
}

TEST(RowBytes, PersonRow) {
    test::ViewRig rig;
    rig.append(test::about<schema::AccountRegistered>(who));
    rig.fold();
    for (const std::string_view view : {"sign_in_log", "account_view", "eme_view"}) {
        const auto rows = rig.dump(view);
        const auto row = rows.find(*from_hex("00050000000005000001"));
        ASSERT_NE(row, rows.end()) << view;
        EXPECT_EQ(to_hex(row->second), "0000000101400101010101010101010101010101");
    }
}

TEST(RowBytes, RecordRow) {
    expect_bytes(RecordRow{schema::EVIDENCE, keys::Period(2026), {"leaf", "link", "personal"}},
                 "03000007ea000000046c656166000000046c696e6b00000008706572736f6e616c");
}

TEST(RowBytes, AccountRow) {
    account_view::AccountRow row;
    row.person = id_of<PersonId>(8);
    row.key_index = who.person;
    row.grade = schema::SIGN;
    row.standing = account_view::Standing::suspended;
    row.reason = "account.device_lost";
    row.channel = schema::NFC;
    row.registered_by = id_of<EventId>(9);
    row.registered_at = at(100);
    row.changed_at = at(200);
    row.password_set = true;
    row.devices[id_of<DeviceId>(3)] = {"point",           schema::ATTESTATION_LEVEL_SECURE_ELEMENT,
                                       id_of<EventId>(9), at(100),
                                       at(150),           true,
                                       Instant()};
    row.certificate = {account_view::CertificateStatus::valid,
                       "A1",
                       id_of<EventId>(4),
                       at(110),
                       at(900),
                       Instant(),
                       ""};
    row.profile_enabled = true;
    row.profile_version = 6;
    expect_bytes(row,
                 "0808080808080808080808080808080800000000050000010202000000136163636f756e742e6465"
                 "766963655f6c6f737402090909090909090909090909090909090000000005f5e100000000000beb"
                 "c20001000000010303030303030303030303030303030300000005706f696e740409090909090909"
                 "0909090909090909090000000005f5e1000000000008f0d180010000000000000000010000000241"
                 "310404040404040404040404040404040400000000068e77800000000035a4e90000000000000000"
                 "0000000000010000000000000006");
}

TEST(RowBytes, ProfileRow) {
    eme_view::ProfileRow row;
    row.enabled = true;
    row.version = 6;
    row.card_source = id_of<EventId>(9);
    row.field_sources = {{"prefix", id_of<EventId>(4)}, {"maritalStatus", id_of<EventId>(5)}};
    expect_bytes(row,
                 "01000000000000000609090909090909090909090909090909000000020000000d6d61726974616c"
                 "53746174757305050505050505050505050505050505000000067072656669780404040404040404"
                 "0404040404040404");
    EXPECT_EQ(eme_view::source_key(who.account, id_of<EventId>(4)),
              account_prefix(who.account) + Bytes(16, '\4'));
}

TEST(RowBytes, ConsentRow) {
    consent_register::ConsentRow row;
    row.request = id_of<RequestId>(1);
    row.client = id_of<ClientId>(7);
    row.standing = consent_register::ConsentStanding::withdrawn;
    row.field_names = {"idNo", "prefix"};
    row.profile_version = 6;
    row.pins = {{"idNo", id_of<EventId>(9)}};
    row.device = id_of<DeviceId>(3);
    row.decided_by = id_of<EventId>(2);
    row.decided_at = at(300);
    row.withdrawn_by = id_of<EventId>(6);
    row.withdrawn_at = at(400);
    expect_bytes(row,
                 "01010101010101010101010101010101070707070707070707070707070707070401000000020000"
                 "000469644e6f000000067072656669780000000000000006000000010000000469644e6f09090909"
                 "09090909090909090909090903030303030303030303030303030303020202020202020202020202"
                 "020202020000000011e1a300060606060606060606060606060606060000000017d78400");
}

TEST(RowBytes, SignatureRow) {
    signature_register::SignatureRow row;
    row.request = id_of<RequestId>(1);
    row.client = id_of<ClientId>(7);
    row.kind = schema::SIGNATURE_KIND_PDF;
    row.documents = 1;
    row.algorithm = "SHA256withRSA";
    row.standing = signature_register::SignatureStanding::refused;
    row.reason = "signature.declined";
    row.asked_by = id_of<EventId>(2);
    row.asked_at = at(300);
    row.due = at(1380);
    row.decided_by = id_of<EventId>(6);
    row.decided = Sequence(12);
    row.decided_at = at(400);
    row.device = id_of<DeviceId>(3);
    row.certificate_serial = "A1";
    row.result = schema::SIGNING_RESULT_ACCEPTED;
    row.acknowledged_at = at(500);
    expect_bytes(row,
                 "01010101010101010101010101010101070707070707070707070707070707070200000001000000"
                 "0d5348413235367769746852534103000000127369676e61747572652e6465636c696e6564020202"
                 "020202020202020202020202020000000011e1a30000000000524121000606060606060606060606"
                 "0606060606000000000000000c0000000017d7840003030303030303030303030303030303000000"
                 "02413101000000001dcd6500");
}

TEST(RowBytes, TransactionsOfAService) {
    service_transactions::AskedRow asked;
    asked.retention = schema::EVIDENCE;
    asked.period = keys::Period(2026);
    asked.subject = service_transactions::Subject::bulk;
    asked.request = id_of<RequestId>(1);
    asked.asked = id_of<EventId>(2);
    asked.due = at(1380);
    asked.anonymous = true;
    asked.documents = 40;
    asked.profile = true;
    expect_bytes(asked,
                 "03000007ea0401010101010101010101010101010101020202020202020202020202020202020000"
                 "000052412100010000002801");
    service_transactions::LaterRow later;
    later.retention = schema::SIGN_IN;
    later.period = keys::Period(202601);
    later.step = service_transactions::Step::settled;
    later.standing = service_transactions::Standing::refused;
    later.reason = "signature.declined";
    later.at = at(400);
    later.delivered = true;
    later.attempts = 3;
    later.last_status = 503;
    expect_bytes(later,
                 "02000317690202000000127369676e61747572652e6465636c696e65640000000017d78400010000"
                 "0003000001f7");
}

TEST(RowBytes, KeysOfTransactions) {
    test::ViewRig rig;
    const auto client = id_of<ClientId>(7).to_bytes();
    const auto request = id_of<RequestId>(1).to_bytes();
    rig.set_time(at(300));
    auto asked = test::about<schema::ConsentAsked>(who);
    asked.mutable_leaf()->set_client_id(client);
    asked.mutable_link()->set_request_id(request);
    rig.append(asked);
    auto refused = test::about<schema::ConsentRefused>(who);
    refused.mutable_leaf()->set_client_id(client);
    refused.mutable_link()->set_request_id(request);
    rig.append(refused);
    rig.fold();
    std::set<std::string> keys;
    for (const auto& [key, value] : rig.dump("service_transactions")) {
        keys.insert(to_hex(key));
    }
    EXPECT_EQ(keys, (std::set<std::string>{
                        "7407070707070707070707070707070707ffffffffee1e5cff00010000000000000000",
                        "75070707070707070707070707070707070101010101010101010101010101010100010000"
                        "000000000001"}));
}

TEST(RowBytes, ServiceAndActivityRow) {
    relying_party_view::ServiceRow row;
    row.standing = relying_party_view::ServiceStanding::active;
    row.name_english = "Bus";
    row.name_traditional = "巴士";
    row.name_simplified = "巴士";
    row.organisation = "Bus Ltd";
    row.open_id_group = "transport";
    row.scopes = {"eidapi_sign", "eidapi_auth"};
    row.redirect_uris = {"https://a", "https://b"};
    row.callback_uris = {"https://c"};
    row.app_scheme = "bus";
    row.sensitive = true;
    row.token_life_s = 900;
    row.requests_per_minute = 60;
    row.corp_id = true;
    row.kek_fingerprint = Bytes(32, 'f');
    row.secret_version = 2;
    row.content_key_serial = 5;
    row.content_key_until = at(700);
    row.content_key_revoked = 4;
    row.applied_at = at(100);
    row.changed_at = at(200);
    row.scopes_applied_for = {"eidapi_auth"};
    row.kek_not_before = at(50);
    row.kek_not_after = at(900);
    row.trial = {true, 2, true, true, false};
    row.approved_at = at(150);
    row.declaration_due = at(800);
    row.purpose = "Tickets";
    row.registration_number = "R1";
    row.website = "https://bus";
    row.logins_a_day = 70;
    row.launch_at = at(160);
    row.qr = schema::QR_REDRAWN;
    expect_bytes(row,
                 "02000000000000000342757300000006e5b7b4e5a3ab00000006e5b7b4e5a3ab0000000742757320"
                 "4c7464000000097472616e73706f7274000000020000000b6569646170695f617574680000000b65"
                 "69646170695f7369676e000000020000000968747470733a2f2f610000000968747470733a2f2f62"
                 "000000010000000968747470733a2f2f6300000000000000036275730100000003840000003c0100"
                 "00000020666666666666666666666666666666666666666666666666666666666666666600000002"
                 "00000000000000050000000029b9270000000000000000040000000005f5e100000000000bebc200"
                 "000000010000000b6569646170695f617574680000000002faf0800000000035a4e9000100000002"
                 "0101000000000008f0d180000000002faf0800000000075469636b6574730000000252310000000b"
                 "68747470733a2f2f62757300000046000000000989680002");
    relying_party_view::StepRow step;
    step.type = 0x070d;
    step.outcome = schema::FAILED;
    step.detail = "2";
    step.by_kind = schema::Party::STAFF_MEMBER;
    step.by = "ada";
    step.event = id_of<EventId>(7);
    step.at = at(300);
    expect_bytes(step,
                 "0000070d040000000000000001320600000003616461070707070707070707070707070707070000"
                 "000011e1a300");
    expect_bytes(relying_party_view::ActivityRow{17, at(3600)}, "000000000000001100000000d693a400");
}

TEST(RowBytes, TerminalRow) {
    terminal_operator_view::TerminalRow row;
    row.kind = schema::TERMINAL_KIND_KIOSK;
    row.standing = terminal_operator_view::Standing::suspended;
    row.public_key = "point";
    row.site = "Wan Chai";
    row.team = "north";
    row.registrations_per_hour = 30;
    row.enrolled_at = at(100);
    row.changed_at = at(200);
    expect_bytes(row,
                 "010200000005706f696e740000000857616e2043686169000000056e6f7274680000001e00000000"
                 "05f5e100000000000bebc200");
}

TEST(RowBytes, AlertTimeAndRuleRow) {
    expect_bytes(alerts_view::TimeRow{schema::STAFF, keys::Period(202611), Bytes(32, 'i')},
                 "06000317730000002069696969696969696969696969696969696969696969696969696969696969"
                 "69");
    expect_bytes(alerts_view::RuleRow{true, 3, {{"window", "60"}, {"limit", "5"}}, at(100)},
                 "010000000300000002000000056c696d697400000001350000000677696e646f7700000002363000"
                 "00000005f5e100");
}

TEST(RowBytes, KeysOfControl) {
    test::ViewRig rig;
    schema::AlertRaised raised;
    raised.mutable_link()->set_alert_id(Bytes(32, 'i'));
    rig.append(raised);
    schema::OperatorEnrolled enrolled;
    enrolled.mutable_link()->set_operator_id(Bytes(16, 'o'));
    rig.append(enrolled);
    schema::RelyingPartyApplied applied;
    applied.mutable_leaf()->set_client_id(Bytes(16, 'r'));
    rig.append(applied);
    rig.fold();
    const auto keys_of = [&](std::string_view view) {
        std::vector<Bytes> keys;
        for (const auto& [key, value] : rig.dump(view)) {
            keys.push_back(key);
        }
        return keys;
    };
    const Bytes zeros(7, '\0');
    const Bytes ones(7, '\xff');
    EXPECT_EQ(keys_of("alerts_view"),
              (std::vector<Bytes>{"a" + Bytes(32, 'i') + zeros + '\0', "n" + ones + '\xff'}));
    EXPECT_EQ(keys_of("terminal_operator_view"),
              (std::vector<Bytes>{"o" + Bytes(16, 'o') + zeros + '\1'}));
    EXPECT_EQ(keys_of("relying_party_view"),
              (std::vector<Bytes>{"c" + Bytes(16, 'r'), "h" + Bytes(16, 'r') + ones + '\xfd',
                                  "k" + Bytes(16, 'r') + ones + '\xfd'}));
}

}  // namespace
}  // namespace chopmark::projections
