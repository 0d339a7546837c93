#include "events/keys/local_passwords.h"

#include <algorithm>

#include "events/keys/byte_reader.h"

namespace chopmark::keys {

struct LocalPasswords::Entry {
    CommandId command;
    std::uint32_t calls = 0;
    std::uint64_t recorded = 0;
    Instant inserted_at;
    Sensitive<std::string> verifier;
};

namespace {

Bytes row(const PersonId& person) { return Bytes("p").append(person.bytes()); }

template <class Entries>
auto find(Entries& entries, const CommandId& command) {
    return std::find_if(entries.begin(), entries.end(),
                        [&](const auto& entry) { return entry.command == command; });
}

}  // namespace

std::mutex& LocalPasswords::changing(const PersonId& person) {
    return changing_[static_cast<std::uint8_t>(person.bytes().front()) % changing_.size()];
}

Result<LocalPasswords::Entries> LocalPasswords::read(const PersonId& person) const {
    CHOPMARK_ASSIGN(const auto stored, rows_.get(row(person)));
    Entries entries;
    if (!stored) {
        return entries;
    }
    ByteReader reader(stored->reveal());
    while (reader.good() && !reader.finished()) {
        Entry entry;
        entry.command = CommandId::from_bytes(reader.take(CommandId::size)).value_or(CommandId());
        entry.calls = reader.integer<std::uint32_t>();
        entry.recorded = reader.integer<std::uint64_t>();
        entry.inserted_at =
            Instant::from_micros(static_cast<std::int64_t>(reader.integer<std::uint64_t>()));
        entry.verifier =
            Sensitive<std::string>(std::string(reader.take(reader.integer<std::uint16_t>())));
        entries.push_back(std::move(entry));
    }
    return reader.good() ? Result<Entries>(std::move(entries)) : Result<Entries>(rows_damaged);
}

Result<void> LocalPasswords::write(const PersonId& person, const Entries& entries) {
    if (entries.empty()) {
        return rows_.erase(row(person));
    }
    Bytes out;
    for (const Entry& entry : entries) {
        const std::string& verifier = entry.verifier.reveal();
        out.append(entry.command.bytes());
        append_big_endian(out, entry.calls);
        append_big_endian(out, entry.recorded);
        append_big_endian(out, static_cast<std::uint64_t>(entry.inserted_at.micros()));
        append_big_endian(out, static_cast<std::uint16_t>(verifier.size()));
        out.append(verifier);
    }
    return rows_.put(row(person), out);
}

Result<Sensitive<std::string>> LocalPasswords::insert(const VerifierName& name,
                                                      const Sensitive<std::string>& verifier,
                                                      Instant now) {
    const std::lock_guard lock(changing(name.person));
    CHOPMARK_ASSIGN(auto entries, read(name.person));
    auto at = find(entries, name.command);
    if (at == entries.end()) {
        if (entries.size() >= options_.verifiers) {
            return too_many_verifiers;
        }
        entries.push_back({name.command, 0, 0, {}, verifier});
        at = std::prev(entries.end());
    }
    ++at->calls;
    at->inserted_at = now;
    CHOPMARK_TRY(write(name.person, entries));
    return at->verifier;
}

Result<std::optional<Sensitive<std::string>>> LocalPasswords::get(const VerifierName& name) {
    CHOPMARK_ASSIGN(const auto entries, read(name.person));
    const auto at = find(entries, name.command);
    return at == entries.end() ? std::optional<Sensitive<std::string>>()
                               : std::optional(at->verifier);
}

Result<void> LocalPasswords::refused(const VerifierName& name) {
    const std::lock_guard lock(changing(name.person));
    CHOPMARK_ASSIGN(auto entries, read(name.person));
    const auto at = find(entries, name.command);
    if (at == entries.end()) {
        return {};
    }
    at->calls -= at->calls > 0 ? 1U : 0U;
    if (at->calls == 0 && at->recorded == 0) {
        entries.erase(at);
    }
    return write(name.person, entries);
}

Result<void> LocalPasswords::accepted(const VerifierName& name, Sequence sequence, Instant now) {
    const std::lock_guard lock(changing(name.person));
    CHOPMARK_ASSIGN(auto entries, read(name.person));
    const auto at = find(entries, name.command);
    if (at == entries.end()) {
        return {};
    }
    at->recorded = sequence.value() + 1;
    at->calls -= at->calls > 0 ? 1U : 0U;
    // Ends may be told in any order: what counts is the order of the records.
    std::uint64_t newest = 0;
    for (const Entry& entry : entries) {
        newest = std::max(newest, entry.recorded);
    }
    std::erase_if(entries, [&](const Entry& entry) {
        return entry.recorded == 0 ? now - entry.inserted_at > options_.undecided_life
                                   : entry.recorded < newest;
    });
    return write(name.person, entries);
}

Result<void> LocalPasswords::erase(const PersonId& person) {
    const std::lock_guard lock(changing(person));
    return rows_.erase(row(person));
}

}  // namespace chopmark::keys
