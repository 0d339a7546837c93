#include "gateways/service/login_desk.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>

#include "events/core/ensure.h"
#include "events/core/limits.h"
#include "events/crypto/digest.h"
#include "gateways/service/login_claim.h"
#include "gateways/service/login_entry.h"

namespace chopmark::service {
namespace {

constexpr std::uint16_t node_count = 1024;

/// How long a decided or expired entry stays, so that a page between two polls still learns of it.
constexpr Duration told_late = std::chrono::seconds(60);
/// Between hand-overs that came to nothing: doubled from one to the next.
constexpr Duration try_again_min = std::chrono::seconds(2);
constexpr Duration try_again_max = std::chrono::seconds(60);

/// What pages are to be told, once the lock is given back.
using News = std::vector<std::pair<LoginDesk::Told, LoginSettled>>;

void tell(const News& news) {
    for (const auto& [told, settled] : news) {
        if (told) {
            told(settled);
        }
    }
}

template <std::size_t N>
ByteArray<N> random_bytes(Entropy& entropy) {
    ByteArray<N> bytes{};
    entropy.fill(bytes);
    return bytes;
}

}  // namespace

struct LoginDesk::Parts {
    using Ages = std::set<std::pair<Instant, std::uint64_t>>;

    const Options options;
    const Secrets& secrets;
    const Clock& clock;
    Entropy& entropy;
    const std::uint32_t incarnation;

    mutable std::mutex mutex{};
    std::unordered_map<std::uint64_t, Entry> entries{};  // by the random part of the handle
    std::unordered_map<RequestId, std::uint64_t> by_login{};
    std::multimap<RequestId, std::uint64_t> by_request{};  // a page may be opened again
    std::unordered_map<ClientId, std::size_t> by_client{};
    DeskShares shares{};  // of entries that nobody has claimed
    Ages ages{};          // by Entry::next
    std::size_t waiting = 0;
    Probe counted{};

    Entry* find(std::string_view handle, Instant now);
    Result<std::uint64_t> reserve(const DeskShares::Holder& holder, Instant now, News& news);
    void make_room(std::uint64_t key, Instant now, News& news);
    Result<DrawnLogin> draw(LoginDraw draw, Instant now, News& news);
    Entry* find(const RequestId& login);
    void reschedule(std::uint64_t key, Entry& entry);
    std::optional<Overdue> hand_over(Entry& entry, Instant now);
    Told end(Entry& entry, std::string code, std::string error, Instant now);
    void drop(Ages::iterator age);
    Told take_waiting(Entry& entry);
    Result<schema::QrPicture> judge(const Entry& entry, const std::optional<RedrawnCode>& code,
                                    bool by_link, Instant now);
    void claim(Entry& entry, const http::AppCaller& phone, schema::QrPicture picture, Instant now);
};

/// Null for garbage and for handles of other nodes and processes.
Entry* LoginDesk::Parts::find(std::string_view handle, Instant now) {
    const auto parsed = secrets.bearer.parse_qr(handle, now);
    if (!parsed || parsed->node != options.node || parsed->incarnation != incarnation) {
        return nullptr;
    }
    const auto at = entries.find(parsed->random);
    return at == entries.end() ? nullptr : &at->second;
}

/// Takes the page back, as if its time were over.
void LoginDesk::Parts::make_room(std::uint64_t key, Instant now, News& news) {
    Entry& entry = entries.at(key);
    Told told = end(entry, "", "expired", now);
    news.emplace_back(std::move(told), *entry.settled);
    drop(ages.find({entry.next, key}));
    ++counted.made_room;
}

Result<std::uint64_t> LoginDesk::Parts::reserve(const DeskShares::Holder& holder, Instant now,
                                                News& news) {
    const auto of_client = by_client.find(holder.client);
    const bool quota = of_client != by_client.end() && of_client->second >= options.per_client;
    if (quota || entries.size() >= options.entries) {
        const auto place = shares.gives_way(
            holder, quota ? DeskShares::Among::same_client : DeskShares::Among::all);
        if (!place) {
            ++counted.refused_full;
            return quota ? client_quota : desk_full;
        }
        make_room(*place, now, news);
    }
    std::uint64_t key = 0;
    do {
        key = get_big_endian<std::uint64_t>(view(random_bytes<8>(entropy)));
    } while (entries.contains(key));
    ++by_client[holder.client];
    return key;
}

Entry* LoginDesk::Parts::find(const RequestId& login) {
    const auto key = by_login.find(login);
    return key == by_login.end() ? nullptr : &entries.at(key->second);
}

void LoginDesk::Parts::reschedule(std::uint64_t key, Entry& entry) {
    ages.erase({entry.next, key});
    entry.next = next_of(entry);
    ages.emplace(entry.next, key);
}

std::optional<LoginDesk::Overdue> LoginDesk::Parts::hand_over(Entry& entry, Instant now) {
    if (entry.is_over()) {
        return std::nullopt;
    }
    if (now >= entry.forgotten_at()) {
        entry.claimer->ending = Ending::over;
        ++counted.never_recorded;
    }
    if (entry.claimer->ending != Ending::owed || now < entry.claimer->try_at) {
        return std::nullopt;
    }
    entry.claimer->ending = Ending::handed_over;
    return overdue_of(entry, offer_of(entry), now);
}

/// For the page; what it was told first stands.
LoginDesk::Told LoginDesk::Parts::end(Entry& entry, std::string code, std::string error,
                                      Instant now) {
    if (entry.settled) {
        return nullptr;
    }
    entry.settled = {std::move(code),   std::move(error),  entry.draw.redirect_uri,
                     entry.draw.state,  entry.draw.client, entry.draw.corp_code,
                     entry.draw.request};
    entry.told_until = now + told_late;
    return take_waiting(entry);
}

void LoginDesk::Parts::drop(Ages::iterator age) {
    const auto at = entries.find(age->second);
    Entry& entry = at->second;
    take_waiting(entry);
    if (!entry.claimer) {
        shares.remove(entry.holder(), entry.share);
    }
    by_login.erase(entry.login);
    if (entry.draw.request) {
        const auto [begin, end] = by_request.equal_range(entry.draw.request->request);
        by_request.erase(std::find_if(
            begin, end, [&](const auto& known) { return known.second == age->second; }));
    }
    if (const auto count = by_client.find(entry.draw.client); --count->second == 0) {
        by_client.erase(count);
    }
    entries.erase(at);
    ages.erase(age);
}

LoginDesk::Told LoginDesk::Parts::take_waiting(Entry& entry) {
    waiting -= entry.waiting ? 1 : 0;
    return std::exchange(entry.waiting, nullptr);
}

/// Which picture of the page was read, if it may be: unspecified for none, a link on the phone.
Result<schema::QrPicture> LoginDesk::Parts::judge(const Entry& entry,
                                                  const std::optional<RedrawnCode>& code,
                                                  bool by_link, Instant now) {
    if (code) {
        const Digest key = page_key(entry.browser_secret);
        const auto good = check_redrawn(*code, key.bytes(), entry.drawn_at, now);
        if (!good) {
            ++(good.error() == qr_code_old ? counted.codes_old : counted.codes_wrong);
            return good.error();
        }
        return schema::QR_REDRAWN;
    }
    if (by_link && entry.draw.flow == schema::TICKET) {
        return schema::QR_PICTURE_UNSPECIFIED;
    }
    if (entry.draw.qr == schema::QR_REDRAWN) {
        ++counted.codes_missing;
        return qr_code_missing;
    }
    return schema::QR_STATIC;
}

/// Of a request nothing is owed to the log: its own slot, then its claimer's, says when it is over.
void LoginDesk::Parts::claim(Entry& entry, const http::AppCaller& phone, schema::QrPicture picture,
                             Instant now) {
    shares.remove(entry.holder(), entry.share);
    if (picture != schema::QR_PICTURE_UNSPECIFIED) {
        entry.draw.flow = schema::QR;
    }
    if (!entry.draw.request) {
        entry.claimer = Claimer{phone, now, picture, Ending::owed, entry.until, 0};
        return;
    }
    entry.claimer = Claimer{phone, now, picture, Ending::over, now, 0};
    entry.until = entry.draw.request->due;
    reschedule(by_login.at(entry.login), entry);
}

LoginDesk::LoginDesk(const Options& options, const Secrets& secrets, const Clock& clock,
                     Entropy& entropy)
    : parts_(new Parts{options, secrets, clock, entropy,
                       get_big_endian<std::uint32_t>(view(random_bytes<4>(entropy)))}) {
    ensure(options.node < node_count, "a node's number fits a handle");
}

LoginDesk::~LoginDesk() = default;

Result<DrawnLogin> LoginDesk::draw(LoginDraw draw) {
    Parts& desk = *parts_;
    const Instant now = desk.clock.now();
    News news;
    auto drawn = [&]() -> Result<DrawnLogin> {
        const std::lock_guard lock(desk.mutex);
        return desk.draw(std::move(draw), now, news);
    }();
    tell(news);
    return drawn;
}

Result<DrawnLogin> LoginDesk::Parts::draw(LoginDraw draw, Instant now, News& news) {
    Entry entry;
    entry.draw = std::move(draw);
    CHOPMARK_ASSIGN(const std::uint64_t key, reserve(entry.holder(), now, news));
    entry.share = shares.add(entry.holder(), key);
    entry.login = entropy.draw<RequestId>();
    entry.browser_secret = to_hex(view(random_bytes<32>(entropy)));
    const auto number = get_big_endian<std::uint32_t>(view(random_bytes<4>(entropy))) % 100;
    entry.number = {static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10)};
    entry.drawn_at = now;
    entry.until = now + entry.draw.life;
    if (entry.draw.request) {
        entry.until = std::min(entry.until, entry.draw.request->due);
        by_request.emplace(entry.draw.request->request, key);
    }
    entry.next = entry.until;
    DrawnLogin drawn{
        entry.login,          secrets.bearer.mint_qr({options.node, incarnation, key}, now),
        entry.browser_secret, entry.number,
        entry.until,          {}};
    if (entry.draw.qr != schema::QR_STATIC) {
        drawn.page_key = page_key(entry.browser_secret).hex();
    }
    ages.emplace(entry.next, key);
    by_login.emplace(entry.login, key);
    entries.emplace(key, std::move(entry));
    ++counted.drawn;
    return drawn;
}

Result<ClaimedLogin> LoginDesk::scan(const Scan& scan, const http::AppCaller& phone) {
    Parts& desk = *parts_;
    const ScannedText read = read_scanned(scan.text);
    const Instant now = desk.clock.now();
    ClaimedLogin claimed;
    ClaimRow row;
    Told told;
    {
        const std::lock_guard lock(desk.mutex);
        Entry* entry = desk.find(read.handle, now);
        if (entry == nullptr || entry->settled || now >= entry->until) {
            return handle_unknown;
        }
        ++desk.counted.scanned;
        if (entry->claimer && entry->claimer->phone != phone) {
            ++desk.counted.claimed_twice;
            return handle_claimed;
        }
        if (!entry->claimer) {
            CHOPMARK_ASSIGN(const auto picture, desk.judge(*entry, read.code, scan.by_link, now));
            desk.claim(*entry, phone, picture, now);
            told = desk.take_waiting(*entry);
        }
        row = claim_of(*entry);
        claimed.opened = entry->draw.request ? entry->draw.request->opened : EventId();
        claimed.browser_address = entry->draw.browser.address;
        claimed.browser = entry->draw.browser.endpoint;
        claimed.number = entry->number;
        claimed.until = entry->until;
    }
    if (told) {
        told(LoginScanned{});
    }
    claimed.offer = row.offer;
    if (!claimed.opened.is_zero()) {
        return claimed;  // nobody can approve it as a login
    }
    claimed.claim = to_base64(desk.secrets.stamps.stamp(keys::StampKind::claim,
                                                        seal_claim(desk.secrets, desk.entropy, row),
                                                        claimed.until + limits::login_id_grace));
    return claimed;
}

void LoginDesk::scan_anywhere(const Scan& scan, const http::AppCaller& phone,
                              const OtherDesks::Scanned& scanned) {
    const Parts& desk = *parts_;
    const auto parsed =
        desk.secrets.bearer.parse_qr(read_scanned(scan.text).handle, desk.clock.now());
    const bool own =
        parsed && parsed->node == desk.options.node && parsed->incarnation == desk.incarnation;
    if (!parsed || own || desk.options.others == nullptr) {
        scanned(this->scan(scan, phone));
        return;
    }
    desk.options.others->scan(parsed->node, scan, phone, scanned);
}

Result<TakenClaim> LoginDesk::take_claim(std::string_view claim,
                                         const http::AppCaller& phone) const {
    const auto stamp = from_base64(claim);
    if (!stamp) {
        return bad_claim;
    }
    const Instant now = parts_->clock.now();
    const auto payload = parts_->secrets.stamps.check(keys::StampKind::claim, *stamp, now);
    if (!payload) {
        return payload.error() == keys::stamp_expired ? keys::stamp_expired : bad_claim;
    }
    auto row = open_claim(parts_->secrets, *payload);
    if (!row || row->account != phone.account || row->offer.claimed_by != phone.device) {
        return bad_claim;
    }
    TakenClaim taken;
    if (!taken.ends.browser.ParseFromString(row->browser)) {
        return bad_claim;
    }
    taken.ends.browser_address = Sensitive<std::string>(std::move(row->browser_address));
    taken.ends.browser_agent = Sensitive<Bytes>(std::move(row->browser_agent));
    taken.ends.qr_age = row->scanned_at - row->offer.drawn_at;
    taken.ends.scan_delay = now - row->scanned_at;
    taken.ends.picture = row->picture;
    taken.offer = std::move(row->offer);
    taken.account = row->account;
    taken.scanned_at = row->scanned_at;
    taken.number = std::move(row->number);
    taken.back = std::move(row->back);
    return taken;
}

void LoginDesk::settle(const RequestId& login, std::string code, std::string error) {
    Parts& desk = *parts_;
    LoginSettled settled;
    Told told;
    {
        const std::lock_guard lock(desk.mutex);
        Entry* entry = desk.find(login);
        if (entry == nullptr) {
            return;
        }
        if (entry->claimer) {
            entry->claimer->ending = Ending::over;
        }
        told = desk.end(*entry, std::move(code), std::move(error), desk.clock.now());
        settled = *entry->settled;
        desk.reschedule(desk.by_login.at(login), *entry);
    }
    if (told) {
        told(settled);
    }
}

void LoginDesk::settle_request(const RequestId& request, const AccountId& account,
                               const std::string& code, const std::string& error) {
    Parts& desk = *parts_;
    News news;
    {
        const std::lock_guard lock(desk.mutex);
        const auto [begin, end] = desk.by_request.equal_range(request);
        for (auto at = begin; at != end; ++at) {
            Entry& entry = desk.entries.at(at->second);
            if (entry.claimer && entry.claimer->phone.account == account && !entry.settled) {
                Told told = desk.end(entry, code, error, desk.clock.now());
                news.emplace_back(std::move(told), *entry.settled);
                desk.reschedule(at->second, entry);
            }
        }
    }
    tell(news);
}

void LoginDesk::try_again(const RequestId& login) {
    Parts& desk = *parts_;
    const std::lock_guard lock(desk.mutex);
    Entry* entry = desk.find(login);
    if (entry == nullptr || !entry->claimer || entry->claimer->ending != Ending::handed_over) {
        return;
    }
    Claimer& claimer = *entry->claimer;
    claimer.ending = Ending::owed;
    claimer.try_at =
        desk.clock.now() + std::min(try_again_max, try_again_min * (1U << claimer.tries));
    claimer.tries = std::min(claimer.tries + 1, 8U);
    desk.reschedule(desk.by_login.at(login), *entry);
}

Result<void> LoginDesk::wait(std::string_view handle, std::string_view browser_secret,
                             bool seen_scanned, Told told) {
    Parts& desk = *parts_;
    LoginNews news;
    Told replaced;  // goes after the lock: it may hold the last reference to a request
    {
        const std::lock_guard lock(desk.mutex);
        Entry* entry = desk.find(handle, desk.clock.now());
        if (entry == nullptr ||
            !crypto::equal_constant_time(entry->browser_secret, browser_secret)) {
            return handle_unknown;
        }
        replaced = desk.take_waiting(*entry);
        if (entry->settled) {
            news = *entry->settled;
        } else if (!entry->claimer || seen_scanned) {
            entry->waiting = std::move(told);
            ++desk.waiting;
            return {};
        }
    }
    told(news);
    return {};
}

void LoginDesk::leave(std::string_view handle) {
    Told gone;
    const std::lock_guard lock(parts_->mutex);
    if (Entry* entry = parts_->find(handle, parts_->clock.now())) {
        gone = parts_->take_waiting(*entry);
    }
}

std::vector<LoginDesk::Overdue> LoginDesk::take_overdue(Instant now) {
    Parts& desk = *parts_;
    std::vector<Overdue> overdue;
    News news;
    {
        const std::lock_guard lock(desk.mutex);
        while (!desk.ages.empty() && desk.ages.begin()->first <= now) {
            const auto age = desk.ages.begin();
            Entry& entry = desk.entries.at(age->second);
            // An approval may be on its way and come first: the page learns what was recorded.
            if (auto late = desk.hand_over(entry, now)) {
                overdue.push_back(*std::move(late));
            }
            if (!entry.settled && now >= page_end(entry)) {
                Told told = desk.end(entry, "", "expired", now);
                news.emplace_back(std::move(told), *entry.settled);
            }
            if (entry.settled && entry.is_over() && now >= entry.told_until) {
                desk.drop(age);
            } else {
                desk.reschedule(age->second, entry);
            }
        }
    }
    tell(news);
    return overdue;
}

LoginDesk::Probe LoginDesk::probe() const {
    const std::lock_guard lock(parts_->mutex);
    Probe probe = parts_->counted;
    probe.entries = parts_->entries.size();
    probe.requests = parts_->by_request.size();
    probe.waiting = parts_->waiting;
    return probe;
}

}  // namespace chopmark::service
