#include "ops/outside_parties.h"

#include <charconv>

#include "gateways/outside/https_parties.h"
#include "gateways/outside/sandbox_parties.h"

namespace chopmark::ops {

outside::OutsideOptions outside_options(const config::PartyConfig& party) {
    outside::OutsideOptions options;
    std::string_view rest = party.url;
    rest.remove_prefix(std::min(rest.size(), std::string_view("https://").size()));
    const std::string_view authority = rest.substr(0, rest.find('/'));
    options.path = rest.substr(authority.size());
    while (options.path.ends_with('/')) {
        options.path.pop_back();
    }
    // A bracketed IPv6 address has colons of its own.
    const std::size_t bracket = authority.rfind(']');
    const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
    options.host = authority.substr(0, colon);
    if (colon != std::string_view::npos) {
        const std::string_view port = authority.substr(colon + 1);
        std::from_chars(port.data(), port.data() + port.size(), options.port);
    }
    options.certificate_file = party.certificate_file;
    options.key_file = party.key_file;
    options.ca_file = party.ca_file;
    options.answer = party.timeout;
    options.tries = party.attempts;
    return options;
}

Result<std::unique_ptr<OutsideParties>> OutsideParties::open(const config::Config& config,
                                                             keys::Environment environment,
                                                             const DataFolder& folder,
                                                             const Clock& clock, Entropy& entropy) {
    auto parties = std::unique_ptr<OutsideParties>(new OutsideParties());
    for (const config::PartyConfig* party :
         {&config.immigration, &config.face_matcher, &config.certification, &config.push}) {
        if (party->url.empty()) {
            CHOPMARK_TRY(keys::require_sandbox(environment, "a party played by the sandbox"));
        }
    }
    const auto client = [&](const config::PartyConfig& party) -> outside::OutsideClient& {
        return *parties->clients_.emplace_back(
            std::make_unique<outside::OutsideClient>(outside_options(party), clock, entropy));
    };
    if (config.immigration.url.empty()) {
        parties->immigration_ = std::make_unique<outside::SandboxRegister>();
    } else {
        parties->immigration_ =
            std::make_unique<outside::HttpsRegister>(client(config.immigration));
    }
    if (config.face_matcher.url.empty()) {
        parties->matcher_ = std::make_unique<outside::SandboxMatcher>();
    } else {
        parties->matcher_ = std::make_unique<outside::HttpsMatcher>(client(config.face_matcher));
    }
    if (config.push.url.empty()) {
        parties->push_ = std::make_unique<outside::SandboxPush>();
    } else {
        parties->push_ = std::make_unique<outside::HttpsPush>(client(config.push));
    }
    if (config.certification.url.empty()) {
        CHOPMARK_ASSIGN(auto there, keys::DiskFolder::open(folder.sandbox_ca()));
        parties->authority_folder_ = std::make_unique<keys::DiskFolder>(std::move(there));
        CHOPMARK_ASSIGN(parties->authority_,
                        outside::SandboxAuthority::open(*parties->authority_folder_, clock));
    } else {
        parties->authority_ =
            std::make_unique<outside::HttpsAuthority>(client(config.certification), entropy);
    }
    return parties;
}

}  // namespace chopmark::ops
