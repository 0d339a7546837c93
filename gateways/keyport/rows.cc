#include "gateways/keyport/rows.h"

#include "gateways/keyport/wire.h"

namespace chopmark::keyport {
namespace {

constexpr std::string_view permission_of_nodes = "node";

httplib::Response answered(const Result<Bytes>& answer) {
    httplib::Response response;
    response.status = 200;
    response.set_content(encode_answer(answer), "application/octet-stream");
    return response;
}

Result<Bytes> nothing(const Result<void>& done) {
    return done ? Result<Bytes>(Bytes()) : Result<Bytes>(done.error());
}

http::Route row(const char* path, const char* name, const char* summary,
                std::function<Result<Bytes>(ByteView body)> act) {
    http::Route out;
    out.method = "POST";
    out.path = path;
    out.name = name;
    out.permission = permission_of_nodes;
    out.body_limit_bytes = message_bytes;
    out.summary = summary;
    out.answers = {{200, "Refusals of the port, too.", "application/octet-stream", ""}};
    out.handler = http::Handler([act = std::move(act)](const http::Call& call) {
        return Result<httplib::Response>(answered(act(call.request.body)));
    });
    return out;
}

http::Route key_row(const char* path, const char* name, const char* summary,
                    std::function<Result<Bytes>(const KeyQuestion&)> act) {
    return row(path, name, summary, [act = std::move(act)](ByteView body) -> Result<Bytes> {
        CHOPMARK_ASSIGN(const KeyQuestion question, decode_key_question(body));
        return act(question);
    });
}

http::Route password_row(const char* path, const char* name, const char* summary,
                         std::function<Result<Bytes>(const PasswordQuestion&)> act) {
    return row(path, name, summary, [act = std::move(act)](ByteView body) -> Result<Bytes> {
        CHOPMARK_ASSIGN(const PasswordQuestion question, decode_password_question(body));
        return act(question);
    });
}

Result<Bytes> find(keys::PasswordStore& passwords, const keys::VerifierName& name) {
    CHOPMARK_ASSIGN(const auto found, passwords.get(name));
    return found ? Bytes(1, '\x01').append(found->reveal()) : Bytes();
}

}  // namespace

std::vector<http::Route> key_port_rows(const Ports& ports) {
    keys::KeyPort& port = ports.signing_keys;
    keys::PasswordStore& passwords = ports.passwords;
    std::vector<http::Route> rows;
    rows.push_back(key_row(create_path, "keyport.key.create", "Makes a signing key, once.",
                           [&port](const auto& asked) { return port.create(asked.handle); }));
    rows.push_back(key_row(public_key_path, "keyport.key.public", "The public half of a key.",
                           [&port](const auto& asked) { return port.public_key(asked.handle); }));
    rows.push_back(
        key_row(sign_path, "keyport.key.sign", "Signs with a key.", [&port](const auto& asked) {
            return port.sign(asked.handle, asked.scheme, asked.content);
        }));
    rows.push_back(
        key_row(destroy_path, "keyport.key.destroy", "Destroys a key for good.",
                [&port](const auto& asked) { return nothing(port.destroy(asked.handle)); }));
    rows.push_back(
        password_row(insert_path, "keyport.password.insert", "Keeps a verifier for a command.",
                     [&passwords](const auto& asked) -> Result<Bytes> {
                         CHOPMARK_ASSIGN(const auto lies,
                                         passwords.insert(asked.name, asked.verifier, asked.at));
                         return lies.reveal();
                     }));
    rows.push_back(
        password_row(get_path, "keyport.password.get", "The verifier of a command.",
                     [&passwords](const auto& asked) { return find(passwords, asked.name); }));
    rows.push_back(password_row(
        refused_path, "keyport.password.refused", "An insertion ended without a record.",
        [&passwords](const auto& asked) { return nothing(passwords.refused(asked.name)); }));
    rows.push_back(password_row(accepted_path, "keyport.password.accepted",
                                "A command was recorded.", [&passwords](const auto& asked) {
                                    return nothing(
                                        passwords.accepted(asked.name, asked.sequence, asked.at));
                                }));
    rows.push_back(password_row(
        erase_path, "keyport.password.erase", "Erases what a person has.",
        [&passwords](const auto& asked) { return nothing(passwords.erase(asked.name.person)); }));
    return rows;
}

Result<http::Principal> NodeAuthorizer::authorize(const http::Call& call,
                                                  std::string_view permission) {
    const auto node = call.peer_certificate && permission == permission_of_nodes
                          ? authority_.node_of(call.peer_certificate->der)
                          : std::nullopt;
    if (!node) {
        return not_a_node;
    }
    if (refused_.contains(*node)) {
        return withdrawn;
    }
    http::Principal principal;
    principal.who = *node;
    return principal;
}

http::FrontOptions key_port_front(const http::NodeFiles& files, std::string address,
                                  std::uint16_t port) {
    http::FrontOptions options = http::peer_front(files, std::move(address), port);
    options.workers = 4;                // making a key takes a third of a second
    options.bounds.worker_queue = 256;  // some seconds of signing
    options.bounds.connections = 1024;
    return options;
}

}  // namespace chopmark::keyport
