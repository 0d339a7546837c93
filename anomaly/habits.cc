#include "anomaly/habits.h"

#include <algorithm>

#include "events/schema/common.pb.h"

namespace chopmark::anomaly {
namespace {

constexpr std::size_t most_remembered = 8;

/// Tokens of one thing, under whichever keys they were made.
bool same(ByteView a, ByteView other_a, const schema::KeyedToken& b) {
    const auto meets = [&](ByteView token) {
        return !token.empty() && (token == b.current() || token == b.next());
    };
    return meets(a) || meets(other_a);
}

bool same(const Browser& known, const schema::Endpoint& browser) {
    return same(known.network, known.other_network, browser.network()) &&
           same(known.agent, known.other_agent, browser.agent());
}

template <class Remembered>
Remembered& newest(std::vector<Remembered>& list,
                   typename std::vector<Remembered>::iterator found) {
    if (found != list.end()) {
        return *found;
    }
    if (list.size() >= most_remembered) {
        list.erase(std::min_element(list.begin(), list.end(),
                                    [](const auto& a, const auto& b) { return a.last < b.last; }));
    }
    return list.emplace_back();
}

}  // namespace

bool Habits::knows_phone(const schema::Endpoint& phone) const {
    return std::any_of(phones.begin(), phones.end(), [&](const PhoneNetwork& known) {
        return known.asn == phone.asn() && known.country == phone.country();
    });
}

bool Habits::knows_browser(const schema::Endpoint& browser) const {
    return std::any_of(browsers.begin(), browsers.end(), [&](const Browser& known) {
        return same(known.network, known.other_network, browser.network());
    });
}

void Habits::learn_phone(const schema::Endpoint& phone, Instant at) {
    if (phone.asn() == 0 && phone.country().empty()) {
        return;
    }
    auto& known =
        newest(phones, std::find_if(phones.begin(), phones.end(), [&](const PhoneNetwork& one) {
                   return one.asn == phone.asn() && one.country == phone.country();
               }));
    known.asn = phone.asn();
    known.country = phone.country();
    ++known.times;
    known.last = at;
}

void Habits::learn_browser(const schema::Endpoint& browser, Instant at) {
    if (browser.network().current().empty()) {
        return;
    }
    auto& known =
        newest(browsers, std::find_if(browsers.begin(), browsers.end(),
                                      [&](const Browser& one) { return same(one, browser); }));
    known.network = browser.network().current();
    known.other_network = browser.network().next();
    known.agent = browser.agent().current();
    known.other_agent = browser.agent().next();
    ++known.times;
    known.last = at;
}

}  // namespace chopmark::anomaly
