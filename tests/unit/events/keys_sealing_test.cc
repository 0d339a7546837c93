#include <gtest/gtest.h>

#include "events/core/limits.h"
#include "events/keys/sealing.h"
#include "events/schema/common.pb.h"

namespace chopmark::keys {
namespace {

const crypto::Secret32 leaf = crypto::Secret32::from(Bytes(32, 'L'));
const crypto::Secret32 secret = crypto::Secret32::from(Bytes(32, 'S'));
const crypto::Secret32 link_key = crypto::Secret32::from(Bytes(32, 'K'));
const EventId event = EventId::from_hex("000102030405060708090a0b0c0d0e0f").value();
const BoxPlace place{schema::SIGN_IN, Period(202611), event};

PersonalKey outer_key() { return personal_key(PersonalKind::outer, leaf, secret, event); }
PersonalKey inner_key() { return personal_key(PersonalKind::inner, leaf, secret, event); }

// Made with Python's cryptography package from the grammar in sealing.h.
TEST(Sealing, WritesTheBytesThatItsGrammarSays) {
    const SealedBox sealed = seal_personal(outer_key(), place, "name").value();
    EXPECT_EQ(sealed.commitment.hex(),
              "e496aecdff65bd452f92e3c6a3a189999984ad3fca4f0925d1528fec72e238f7");
    EXPECT_EQ(to_hex(sealed.box),
              "85a158b67eb62521adb52cdcc29e875c57f7fed805f588e6c17f595467cfbdf2"
              "3d655fa90e614cb8f7fd3f8c913b2117fd5b0eb85d1fd02c3d262d0346b7d6e3"
              "70db067a97d36118ce3b630ceed99826677c632be86b9df1cb60b9753ec0fd2f"
              "ecfae5eb9ebcba6fe985f55f79073d74d12c865b8f1a4711e96466ad2d5947f4");
    EXPECT_EQ(to_hex(seal_link(link_key, place, "account")),
              "97d2cbd16c6e00cf213087f7d84a0ba270b47dbd7fe0f6");
    const BoxPlace inner{schema::DELIVERY, Period(20261121), event};
    EXPECT_EQ(to_hex(seal_inner(inner_key(), inner, "https://rp")),
              "01352901b7bbdf6a169ec22f4eaa6110f8b19a1970d6dd5eb8c960b4de5e8bcf"
              "79241236754ac9e2fe80c6929155ffdc88baf1934738bb0ef433b6887874");
}

TEST(Sealing, OpensWhatItSealed) {
    for (const std::size_t size : {0U, 1U, 108U, 109U, 1000U, 65516U}) {
        const Bytes content(size, 'c');
        const SealedBox sealed = seal_personal(outer_key(), place, content).value();
        const auto opened = open_personal(outer_key(), place, sealed.commitment, sealed.box);
        ASSERT_TRUE(opened.has_value()) << size;
        EXPECT_EQ(opened->reveal(), content);
    }
    EXPECT_EQ(open_link(link_key, place, seal_link(link_key, place, "who")).value(), "who");
}

TEST(Sealing, HidesLengthsInPowersOfTwo) {
    const auto size = [](std::size_t content) {
        return seal_personal(outer_key(), place, Bytes(content, 'c')).value().box.size();
    };
    EXPECT_EQ(size(0), 128U);
    EXPECT_EQ(size(108), 128U);  // with 4 bytes of length and 16 of tag
    EXPECT_EQ(size(109), 256U);
    EXPECT_EQ(size(236), 256U);
    EXPECT_EQ(size(237), 512U);
    EXPECT_EQ(size(65516), limits::boxes_bytes);
    EXPECT_EQ(seal_personal(outer_key(), place, Bytes(65517, 'c')).error(), too_long);
}

TEST(Sealing, TellsAForeignKeyFromADamagedBox) {
    const SealedBox sealed = seal_personal(outer_key(), place, "name").value();
    const PersonalKey other = personal_key(PersonalKind::outer, no_person(), secret, event);
    EXPECT_EQ(open_personal(other, place, sealed.commitment, sealed.box).error(), mismatch);
    EXPECT_EQ(open_personal(outer_key(), place, Digest(), sealed.box).error(), mismatch);
    // A key that claims another's commitment still does not open the box.
    const PersonalKey liar{other.key, sealed.commitment};
    EXPECT_EQ(open_personal(liar, place, sealed.commitment, sealed.box).error(), damaged);
    Bytes changed = sealed.box;
    changed[5] = static_cast<char>(changed[5] ^ 1);
    EXPECT_EQ(open_personal(outer_key(), place, sealed.commitment, changed).error(), damaged);
    EXPECT_EQ(open_personal(outer_key(), place, sealed.commitment, "").error(), damaged);
}

TEST(Sealing, BindsABoxToItsPlaceAndKind) {
    const SealedBox sealed = seal_personal(outer_key(), place, "name").value();
    BoxPlace elsewhere = place;
    elsewhere.period = Period(202612);
    EXPECT_EQ(open_personal(outer_key(), elsewhere, sealed.commitment, sealed.box).error(),
              damaged);
    elsewhere = place;
    elsewhere.retention = schema::STAFF;
    EXPECT_EQ(open_personal(outer_key(), elsewhere, sealed.commitment, sealed.box).error(),
              damaged);
    const Bytes link = seal_link(link_key, place, "who");
    EXPECT_EQ(open_link(link_key, elsewhere, link).error(), damaged);
    EXPECT_NE(outer_key().commitment, inner_key().commitment);
}

TEST(InnerBox, NamesItsPeriodAndCommitsToItsKey) {
    const BoxPlace inner{schema::DELIVERY, Period(20261121), event};
    const Bytes box = seal_inner(inner_key(), inner, "value");
    EXPECT_EQ(inner_period(schema::DELIVERY, box).value(), Period(20261121));
    EXPECT_EQ(open_inner(inner_key(), inner, box)->reveal(), "value");
    EXPECT_EQ(open_inner(outer_key(), inner, box).error(), mismatch);
    Bytes changed = box;
    changed.back() = static_cast<char>(changed.back() ^ 1);
    EXPECT_EQ(open_inner(inner_key(), inner, changed).error(), damaged);
    EXPECT_EQ(inner_period(schema::DELIVERY, box.substr(0, 51)).error(), damaged);
    EXPECT_EQ(inner_period(schema::SIGN_IN, box).error(), damaged);
    EXPECT_EQ(open_inner(inner_key(), inner, "").error(), damaged);
}

TEST(BoxWithoutAPerson, HangsOnThePeriodAlone) {
    const PersonalKey key = personal_key(PersonalKind::outer, no_person(), secret, event);
    const SealedBox sealed = seal_personal(key, place, "query").value();
    EXPECT_EQ(open_personal(key, place, sealed.commitment, sealed.box)->reveal(), "query");
    EXPECT_EQ(no_person().reveal(), Bytes(32, '\0'));
}

}  // namespace
}  // namespace chopmark::keys
