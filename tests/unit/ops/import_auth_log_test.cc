// Reading sign-ins out of auth.log. The counts of the real file were taken with grep and awk:
//   grep -c 'sshd\[[0-9]*\]: Accepted'                                      226
//   grep -c 'sshd\[[0-9]*\]: Failed'                                        632
//   grep 'message repeated', all of them Failed, sum of N                   85 lines, 410
//   grep 'Failed .* invalid user' and 'Accepted publickey'                  331 and 36
#include <gtest/gtest.h>

#include <fstream>

#include "events/core/limits.h"
#include "ops/import/auth_log.h"

namespace chopmark::import {
namespace {

constexpr std::string_view stamp = "Mar 27 13:08:09 ip-10-77-20-248 sshd[1361]: ";

Line line(std::string_view message) { return read_line(std::string(stamp) + std::string(message)); }

TEST(AuthLog, ReadsWhoCameFromWhere) {
    const Line read =
        line("Accepted publickey for ubuntu from 85.245.107.41 port 54259 ssh2: RSA x");
    ASSERT_EQ(read.kind, LineKind::sign_in);
    const SignIn& one = *read.sign_in;
    EXPECT_TRUE(one.accepted);
    EXPECT_TRUE(one.user_known);
    EXPECT_EQ(one.method, "publickey");
    EXPECT_EQ(one.service, "sshd");
    EXPECT_EQ(one.host, "ip-10-77-20-248");
    EXPECT_EQ(one.user.reveal(), "ubuntu");
    EXPECT_EQ(one.address.reveal(), "85.245.107.41");
    EXPECT_EQ(one.port, 54259U);
    EXPECT_EQ(one.repeats, 1U);
    EXPECT_EQ(one.at, (LocalTime{3, 27, std::chrono::seconds(13 * 3600 + 8 * 60 + 9)}));
}

TEST(AuthLog, RepeatedLineStandsForItsNumber) {
    const Line read = line(
        "message repeated 5 times: [ Failed password for root from 59.63.188.36 port 1027 ssh2]");
    ASSERT_EQ(read.kind, LineKind::sign_in);
    EXPECT_EQ(read.sign_in->repeats, 5U);
    EXPECT_FALSE(read.sign_in->accepted);
    EXPECT_EQ(read.sign_in->user.reveal(), "root");
}

TEST(AuthLog, UserMayBeAnything) {
    const Line odd =
        line("Failed password for invalid user a from 1.2.3.4 from 5.6.7.8 port 9 ssh2");
    ASSERT_EQ(odd.kind, LineKind::sign_in);
    EXPECT_EQ(odd.sign_in->user.reveal(), "a from 1.2.3.4");
    EXPECT_EQ(odd.sign_in->address.reveal(), "5.6.7.8");
    EXPECT_FALSE(odd.sign_in->user_known);
    const Line none = line("Failed password for invalid user  from 2001:db8::1 port 9 ssh2");
    ASSERT_EQ(none.kind, LineKind::sign_in);
    EXPECT_EQ(none.sign_in->user.reveal(), "");
    EXPECT_EQ(none.sign_in->address.reveal(), "2001:db8::1");
}

TEST(AuthLog, ReadsOverWhatIsNoSignIn) {
    EXPECT_EQ(line("Invalid user admin from 1.2.3.4").kind, LineKind::other);
    EXPECT_EQ(line("Failed password for root from 1.2.3.4 port 99999 ssh2").kind, LineKind::other);
    EXPECT_EQ(line("message repeated 0 times: [ Failed password for a from b port 1 ssh2]").kind,
              LineKind::other);
    EXPECT_EQ(read_line("Mar 27 13:08:09 host su[1]: Failed password for root from a port 1").kind,
              LineKind::other);
}

TEST(AuthLog, NamesWhatIsNoLineOfSyslog) {
    EXPECT_EQ(read_line("").kind, LineKind::malformed);
    EXPECT_EQ(read_line("Foo 27 13:08:09 host sshd[1]: x").kind, LineKind::malformed);
    EXPECT_EQ(read_line("Mar 27 25:08:09 host sshd[1]: x").kind, LineKind::malformed);
    EXPECT_EQ(read_line(std::string(stamp) + std::string(limits::import_line_bytes, 'x')).kind,
              LineKind::malformed);
}

TEST(AuthLog, CountsOfTheRealFileAreThoseOfGrep) {
    std::ifstream file(std::string(CHOPMARK_SOURCE_DIR) + "/tests/data/auth.log");
    std::map<bool, std::uint64_t> attempts;
    std::uint64_t lines = 0;
    std::uint64_t sign_ins = 0;
    std::uint64_t repeated = 0;
    std::uint64_t unknown = 0;
    std::uint64_t keys = 0;
    for (std::string text; std::getline(file, text); ++lines) {
        const Line read = read_line(text);
        EXPECT_NE(read.kind, LineKind::malformed) << text;
        if (read.kind != LineKind::sign_in) {
            continue;
        }
        ++sign_ins;
        attempts[read.sign_in->accepted] += read.sign_in->repeats;
        repeated += read.sign_in->repeats > 1 ? 1 : 0;
        unknown += !read.sign_in->user_known && read.sign_in->repeats == 1 ? 1 : 0;
        keys += read.sign_in->accepted && read.sign_in->method == "publickey" ? 1 : 0;
    }
    EXPECT_EQ(lines, 7121U);
    EXPECT_EQ(sign_ins, 226U + 632U + 85U);
    EXPECT_EQ(attempts[true], 226U);
    EXPECT_EQ(attempts[false], 632U + 410U);
    EXPECT_EQ(repeated, 85U);
    EXPECT_EQ(unknown, 331U);
    EXPECT_EQ(keys, 36U);
}

TEST(FileTimes, PutsYearAndZone) {
    FileTimes times(2017, std::chrono::hours(8));
    // date -u -d '2017-03-27 13:08:09 +0800' +%s
    EXPECT_EQ(times.instant_of({3, 27, std::chrono::seconds(47289)}),
              Instant::from_seconds(1490591289));
    EXPECT_FALSE(times.instant_of({4, 31, {}}));
    EXPECT_FALSE(FileTimes(2017, {}).instant_of({2, 29, {}}));
    EXPECT_TRUE(FileTimes(2016, {}).instant_of({2, 29, {}}));
}

TEST(FileTimes, YearTurnsWithItsLastMonth) {
    FileTimes times(2016, {});
    EXPECT_EQ(to_string(*times.instant_of({12, 31, {}})), "2016-12-31T00:00:00.000000Z");
    EXPECT_EQ(to_string(*times.instant_of({1, 1, {}})), "2017-01-01T00:00:00.000000Z");
    EXPECT_EQ(to_string(*times.instant_of({1, 1, {}})), "2017-01-01T00:00:00.000000Z");
}

TEST(ZoneOffset, ReadsWhatPeopleWrite) {
    EXPECT_EQ(zone_offset("UTC").value(), std::chrono::minutes(0));
    EXPECT_EQ(zone_offset("+08:00").value(), std::chrono::minutes(480));
    EXPECT_EQ(zone_offset("-0330").value(), std::chrono::minutes(-210));
    for (const auto* bad : {"", "+", "HKT", "+8", "+25:00", "+08:60", "0800"}) {
        EXPECT_EQ(zone_offset(bad).error(), bad_zone) << bad;
    }
}

}  // namespace
}  // namespace chopmark::import
