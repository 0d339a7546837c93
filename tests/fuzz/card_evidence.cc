// Any JSON object as what a citizen shows – card, chip, images, phone: a card that is read is
// canonical, and its six fields cannot run into one another in the text that the issuer signed.
#include <algorithm>

#include "gateways/outside/identity_checks.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using chopmark::ensure;
    namespace citizen = chopmark::citizen;
    namespace outside = chopmark::outside;
    const chopmark::ByteView input = chopmark::fuzz::bytes_of(data, size);
    if (const auto number = citizen::HkidNumber::parse(input)) {
        ensure(citizen::HkidNumber::parse(number->text()) == *number, "one spelling");
    }
    const auto body = chopmark::service::parse_object(input);
    if (!body) {
        return 0;
    }
    if (const auto card = outside::card_of(*body)) {
        ensure(citizen::parse_card(citizen::query_of(*card)) == *card, "written and read it is it");
        const std::string text = outside::face_text(*card);
        ensure(std::count(text.begin(), text.end(), '\n') == 5, "six fields, six lines");
    }
    static_cast<void>(outside::chip_of(*body));
    static_cast<void>(outside::phone_of(*body));
    if (const auto image = outside::image_of(*body, "selfie", 64)) {
        ensure(image->reveal().size() <= 64, "no image beyond its limit");
        static_cast<void>(outside::read_sandbox_selfie(image->reveal()));
        static_cast<void>(
            outside::read_sandbox_attestation(image->reveal(), chopmark::Bytes(65, '\4')));
    }
    return 0;
}
