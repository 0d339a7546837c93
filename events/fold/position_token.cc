#include "events/fold/position_token.h"

#include "events/crypto/digest.h"

namespace chopmark::fold {
namespace {

constexpr ByteView domain = "chopmark/position/1";
constexpr char version = 1;
constexpr std::size_t mac_bytes = 16;
/// A cut of the most partitions there can be, in Base64.
constexpr std::size_t longest = 4 * ((1 + 2 + 10 * 1025 + mac_bytes + 2) / 3);

}  // namespace

Bytes PositionTokens::mac(ByteView body) const {
    const Digest digest = crypto::hmac_sha256(key_.reveal(), {domain, body});
    return Bytes(digest.bytes().substr(0, mac_bytes));
}

std::string PositionTokens::issue(const Positions& positions) const {
    Bytes token(1, version);
    token.append(positions.encode());
    token.append(mac(token));
    return to_base64(token);
}

std::string PositionTokens::issue(PartitionId partition, Sequence next) const {
    Positions positions;
    positions.set(partition, next);
    return issue(positions);
}

Result<Positions> PositionTokens::open(std::string_view token) const {
    if (token.size() > longest) {
        return bad_token;
    }
    const auto bytes = from_base64(token);
    if (!bytes || bytes->size() <= mac_bytes) {
        return bad_token;
    }
    const ByteView body = ByteView(*bytes).substr(0, bytes->size() - mac_bytes);
    if (!crypto::equal_constant_time(mac(body), ByteView(*bytes).substr(body.size())) ||
        body.front() != version) {
        return bad_token;
    }
    const auto positions = Positions::decode(body.substr(1));
    return positions ? Result<Positions>(*positions) : bad_token;
}

}  // namespace chopmark::fold
