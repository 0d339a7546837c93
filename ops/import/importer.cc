#include "ops/import/importer.h"

#include <set>

#include "events/core/limits.h"
#include "events/keys/pseudonym.h"
#include "events/schema/event.h"
#include "ops/import/scratch_journal.h"

namespace chopmark::import {
namespace {

constexpr std::uint64_t progress_lines = 1024;

/// The /24 or /48 of an address, as the gateways write it before it becomes a token.
std::string network_of(std::string_view address) {
    const char separator = address.find(':') != std::string_view::npos ? ':' : '.';
    std::size_t end = 0;
    for (int part = 0; part < 3 && end != std::string_view::npos; ++part) {
        end = address.find(separator, end == 0 ? 0 : end + 1);
    }
    return std::string(address.substr(0, end));
}

Result<void> put(schema::KeyedToken& out, const Result<keys::TokenPair>& tokens) {
    if (!tokens) {
        return tokens.error();
    }
    out.set_current(tokens->current.to_bytes());
    if (tokens->other) {
        out.set_next(tokens->other->to_bytes());
    }
    return {};
}

class Importer {
  public:
    Importer(const ImportRequest& request, ImportReport& report)
        : request_(request), report_(report), times_(request.year, request.zone) {}

    Result<void> take(ByteView text) {
        ++report_.lines;
        Line line = read_line(text);
        if (line.kind == LineKind::malformed) {
            ++report_.malformed_lines;
            return {};
        }
        // Every line is asked for its time, so that a turn of the year between two sign-ins is
        // seen.
        const auto at = times_.instant_of(*line.at);
        if (line.kind == LineKind::other) {
            ++report_.other_lines;
            return {};
        }
        if (!at) {
            ++report_.malformed_lines;
            return {};
        }
        return take(*line.sign_in, text, *at);
    }

    Result<void> finish() {
        report_.last_year = times_.year();
        if (!journal_) {
            return nothing_found;
        }
        return journal_->finish();
    }

  private:
    Result<void> take(const SignIn& sign_in, ByteView text, Instant at) {
        if (!journal_) {
            report_.first = at;
            CHOPMARK_ASSIGN(journal_, ScratchJournal::open(request_.into, at));
        }
        report_.reordered += at < report_.last ? 1 : 0;
        report_.last = std::max(report_.last, at);
        CHOPMARK_ASSIGN(schema::SignInImported event, event_of(sign_in, text, at));
        count(sign_in, event);
        CHOPMARK_TRY(journal_->append(event, report_.last));
        if (request_.seen) {
            request_.seen(event, report_.last);
        }
        return {};
    }

    Result<schema::SignInImported> event_of(const SignIn& sign_in, ByteView text, Instant at) {
        schema::SignInImported event;
        auto& leaf = *event.mutable_leaf();
        leaf.mutable_head()->set_outcome(sign_in.accepted ? schema::DONE : schema::REFUSED);
        leaf.mutable_head()->set_channel(schema::IMPORT);
        if (!sign_in.accepted) {
            leaf.mutable_head()->set_reason(sign_in.user_known ? "import.not_authenticated"
                                                               : "import.unknown_user");
        }
        leaf.set_source(request_.source);
        leaf.set_service(sign_in.service);
        leaf.set_method(sign_in.method);
        leaf.set_repeats(sign_in.repeats);
        auto& link = *event.mutable_link();
        const auto material = journal_->ring().material();
        const std::string& address = sign_in.address.reveal();
        CHOPMARK_TRY(
            put(*link.mutable_address(), keys::network_tokens(*material, at, Sensitive(address))));
        CHOPMARK_TRY(put(*link.mutable_network(),
                         keys::network_tokens(*material, at, Sensitive(network_of(address)))));
        // No user agent begins so: the tokens of users are apart from those of agents.
        CHOPMARK_TRY(
            put(*link.mutable_user(),
                keys::agent_tokens(*material, at, Sensitive("\nuser\n" + sign_in.user.reveal()))));
        link.set_user_known(sign_in.user_known);
        link.set_host(printable(sign_in.host));
        link.set_port(sign_in.port);
        link.set_line(report_.lines);
        event.mutable_personal()->set_address(printable(address));
        event.mutable_personal()->set_user(sign_in.user.reveal());
        event.mutable_personal()->set_text(Bytes(text));
        return event;
    }

    /// Text fields are UTF-8; a host or address that is not ASCII was never a name of one.
    static std::string printable(std::string text) {
        for (char& c : text) {
            c = c > ' ' && c < 0x7f ? c : '?';
        }
        return text;
    }

    void count(const SignIn& sign_in, const schema::SignInImported& event) {
        ++report_.records;
        report_.repeated += sign_in.repeats > 1 ? 1 : 0;
        (sign_in.accepted ? report_.accepted : report_.failed) += sign_in.repeats;
        const std::string source = source_of(event.link().address());
        SourceCounts& counts = report_.sources[source];
        counts.attempts += sign_in.repeats;
        counts.failures += sign_in.accepted ? 0 : sign_in.repeats;
        if (tried_.size() < limits::import_sources &&
            tried_.emplace(source, event.link().user().current()).second) {
            ++counts.users;
        }
    }

    /// The first token that the address had: at a change of keys an event holds both, so that one
    /// address stays one source.
    std::string source_of(const schema::KeyedToken& address) {
        if (const auto known = sources_.find(address.current()); known != sources_.end()) {
            return known->second;
        }
        if (sources_.size() >= limits::import_sources) {
            return "others";
        }
        const auto older = sources_.find(address.next());
        std::string name = older != sources_.end() ? older->second : to_hex(address.current());
        return sources_.emplace(address.current(), std::move(name)).first->second;
    }

    const ImportRequest& request_;
    ImportReport& report_;
    FileTimes times_;
    std::map<Bytes, std::string> sources_;     // a token of an address and the first of its tokens
    std::unique_ptr<ScratchJournal> journal_;  // from the first sign-in on
    std::set<std::pair<std::string, Bytes>> tried_;
};

}  // namespace

Result<ImportReport> import_auth_log(std::istream& file, const ImportRequest& request) {
    ImportReport report;
    report.first_year = request.year;
    Importer importer(request, report);
    std::uint64_t bytes = 0;
    for (std::string line; std::getline(file, line);) {
        bytes += line.size() + 1;
        if (line.ends_with('\r')) {
            line.pop_back();
        }
        CHOPMARK_TRY(importer.take(line));
        if (request.progress && report.lines % progress_lines == 0) {
            request.progress(bytes);
        }
    }
    CHOPMARK_TRY(importer.finish());
    return report;
}

Result<int> newest_possible_year(std::istream& file, std::chrono::minutes zone, Instant now) {
    std::optional<LocalTime> first;
    for (std::string line; !first && std::getline(file, line);) {
        first = read_line(line).at;
    }
    file.clear();
    file.seekg(0);
    if (!first) {
        return nothing_found;
    }
    const int year = static_cast<int>(utc_date(now).year());
    const auto at = FileTimes(year, zone).instant_of(*first);
    return at && *at <= now ? year : year - 1;
}

}  // namespace chopmark::import
