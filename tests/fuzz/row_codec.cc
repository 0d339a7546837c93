// Any bytes as rows of the state store and of views: refused, or a row whose encoding is stable and
// no longer than what it was read from.
#include "events/fold/row_codec.h"

#include "aggregates/citizen/slot.h"
#include "aggregates/citizen/state.h"
#include "aggregates/control/state.h"
#include "projections/account_view/account_view.h"
#include "projections/consent_register/consent_register.h"
#include "projections/record_row.h"
#include "projections/relying_party_view/relying_party_view.h"
#include "projections/signature_register/signature_register.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using chopmark::ByteView;
using chopmark::ensure;
namespace fold = chopmark::fold;

template <class Row>
void check(ByteView bytes) {
    const auto row = fold::decode_row<Row>(bytes);
    if (!row) {
        return;
    }
    const chopmark::Bytes written = fold::encode_row(*row);
    ensure(written.size() <= bytes.size(), "nothing is added");
    const auto again = fold::decode_row<Row>(written);
    ensure(again && fold::encode_row(*again) == written, "read and written it is the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const ByteView bytes = chopmark::fuzz::bytes_of(data + 1, size - 1);
    switch (data[0] % 8) {
        case 0:
            check<chopmark::citizen::State>(bytes);
            break;
        case 1:
            check<chopmark::citizen::SlotState>(bytes);
            break;
        case 2:
            check<chopmark::control::State>(bytes);
            break;
        case 3:
            check<chopmark::account_view::AccountRow>(bytes);
            break;
        case 4:
            check<chopmark::projections::RecordRow>(bytes);
            break;
        case 5:
            check<chopmark::consent_register::ConsentRow>(bytes);
            break;
        case 6:
            check<chopmark::signature_register::SignatureRow>(bytes);
            break;
        default:
            check<chopmark::relying_party_view::ServiceRow>(bytes);
            break;
    }
    return 0;
}
