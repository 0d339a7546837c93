// TLS as real peers speak it. Certificates come from the openssl command.
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/support/http_front.h"

namespace chopmark::http {
namespace {

using http_test::Client;
using http_test::ClientTls;
using http_test::row;
using http_test::TestFront;
using http_test::text;

/// A folder with an authority, a server's and a client's certificate, and a stranger's.
class Certificates {
  public:
    Certificates() {
        folder_ = std::filesystem::temp_directory_path() /
                  ("chopmark_tls_" + std::to_string(::getpid()) + "_" + std::to_string(made_++));
        std::filesystem::create_directories(folder_);
        const std::string newkey = " -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes ";
        run("req -x509 -days 2 -subj '/CN=Test CA'" + newkey + "-keyout ca.key -out ca.pem");
        run("req -x509 -days 2 -subj '/CN=Stranger'" + newkey + "-keyout other.key -out other.pem");
        for (const std::string name : {"server", "client"}) {
            run("req -subj '/C=HK/O=Kiosk, 7/CN=" + name + "'" + newkey + "-keyout " + name +
                ".key -out " + name + ".csr");
            run("x509 -req -days 2 -in " + name +
                ".csr -CA ca.pem -CAkey ca.key -CAcreateserial "
                "-out " +
                name + ".pem");
        }
        run("x509 -in client.pem -noout -fingerprint -sha256 -out fingerprint");
    }
    ~Certificates() { std::filesystem::remove_all(folder_); }

    [[nodiscard]] std::string file(const std::string& name) const {
        return (folder_ / name).string();
    }
    /// Puts that certificate onto the authority's list, or only writes the list.
    void revoke(const std::string& name = {}) const {
        std::ofstream(folder_ / "ca.cnf")
            << "[ca]\ndefault_ca=d\n[d]\ndatabase=index\ncrlnumber=number\ndefault_md=sha256\n"
               "default_crl_days=1\ncertificate=ca.pem\nprivate_key=ca.key\n";
        if (!std::filesystem::exists(folder_ / "index")) {
            std::ofstream(folder_ / "index").flush();
            std::ofstream(folder_ / "number") << "01\n";
        }
        if (!name.empty()) {
            run("ca -config ca.cnf -revoke " + name + ".pem");
        }
        run("ca -config ca.cnf -gencrl -out crl.pem");
    }
    void copy(const std::string& from, const std::string& to) const {
        std::filesystem::copy_file(folder_ / from, folder_ / to,
                                   std::filesystem::copy_options::overwrite_existing);
    }
    /// Lower-case hex, as openssl prints it.
    [[nodiscard]] std::string client_fingerprint() const {
        std::ifstream in(folder_ / "fingerprint");
        std::string line;
        std::getline(in, line);
        std::string out;
        for (const char c : line.substr(line.find('=') + 1)) {
            if (c != ':') {
                out.push_back(c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c);
            }
        }
        return out;
    }

  private:
    void run(const std::string& arguments) const {
        const std::string command =
            "cd " + folder_.string() + " && openssl " + arguments + " 2>>log >>log";
        EXPECT_EQ(std::system(command.c_str()), 0) << command;
    }
    std::filesystem::path folder_;
    static inline int made_ = 0;
};

const Certificates& certificates() {
    static const Certificates made;
    return made;
}

FrontOptions tls_options(ClientCertificate client = ClientCertificate::none) {
    FrontOptions options;
    options.listen.tls.certificate_file = certificates().file("server.pem");
    options.listen.tls.key_file = certificates().file("server.key");
    options.listen.tls.client_certificate = client;
    if (client != ClientCertificate::none) {
        options.listen.tls.client_ca_file = certificates().file("ca.pem");
    }
    return options;
}

std::vector<Route> who_routes() {
    std::vector<Route> routes;
    routes.push_back(row("POST", "/who", "who", [](const Call& call) {
        if (call.peer_certificate == nullptr) {
            return text(call.over_tls ? "nobody" : "clear");
        }
        return text(call.peer_certificate->fingerprint.hex() + " " +
                    call.peer_certificate->subject + " " +
                    std::to_string(call.request.body.size()));
    }));
    routes.back().body_limit_bytes = 4 << 20;
    return routes;
}

constexpr std::string_view ask_who = "POST /who HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";

ClientTls with(const std::string& name) {
    ClientTls tls;
    tls.on = true;
    if (!name.empty()) {
        tls.certificate_file = certificates().file(name + ".pem");
        tls.key_file = certificates().file(name + ".key");
    }
    return tls;
}

TEST(HttpTls, ServesWithAndWithoutServerName) {
    TestFront front(who_routes(), tls_options());
    ClientTls tls = with("");
    Client plain(front.port(), tls);
    EXPECT_EQ(plain.ask(ask_who).body, "nobody");
    EXPECT_EQ(plain.ask(ask_who).body, "nobody") << "keep-alive";
    tls.server_name = "api.iamsmart.gov.hk";
    Client named(front.port(), tls);
    EXPECT_EQ(named.ask(ask_who).body, "nobody");
}

TEST(HttpTls, SpeaksVersions12And13Only) {
    TestFront front(who_routes(), tls_options());
    ClientTls tls = with("");
    for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
        tls.highest_version = version;
        Client client(front.port(), tls);
        EXPECT_EQ(client.ask(ask_who).body, "nobody") << version;
    }
    tls.highest_version = TLS1_1_VERSION;
    Client old(front.port(), tls);
    EXPECT_FALSE(old.is_connected());
}

TEST(HttpTls, ShowsTheClientsCertificate) {
    TestFront front(who_routes(), tls_options(ClientCertificate::optional));
    Client known(front.port(), with("client"));
    EXPECT_EQ(known.ask(ask_who).body,
              certificates().client_fingerprint() + " CN=client,O=Kiosk\\, 7,C=HK 0");
    Client nobody(front.port(), with(""));
    EXPECT_EQ(nobody.ask(ask_who).body, "nobody");
    Client stranger(front.port(), with("other"));
    EXPECT_EQ(stranger.ask(ask_who).status, 0);
}

TEST(HttpTls, RequiresACertificateIfTold) {
    TestFront front(who_routes(), tls_options(ClientCertificate::required));
    Client known(front.port(), with("client"));
    EXPECT_EQ(known.ask(ask_who).status, 200);
    Client nobody(front.port(), with(""));
    EXPECT_EQ(nobody.ask(ask_who).status, 0);
    Client stranger(front.port(), with("other"));
    EXPECT_EQ(stranger.ask(ask_who).status, 0);
}

TEST(HttpTls, TakesANewCertificateForConnectionsToCome) {
    const Certificates files;
    FrontOptions options;
    files.copy("other.pem", "current.pem");
    files.copy("other.key", "current.key");
    options.listen.tls.certificate_file = files.file("current.pem");
    options.listen.tls.key_file = files.file("current.key");
    TestFront front(who_routes(), options);
    Client old(front.port(), with(""));
    EXPECT_EQ(old.ask(ask_who).status, 200);
    const std::string before = old.server_subject();
    files.copy("server.pem", "current.pem");
    const auto torn = front.front->renew_tls();
    EXPECT_TRUE(!torn && torn.error() == tls_setup_failed) << "the key is still the other's";
    Client meanwhile(front.port(), with(""));
    EXPECT_EQ(meanwhile.server_subject(), before) << "nothing changed";
    files.copy("server.key", "current.key");
    ASSERT_TRUE(front.front->renew_tls());
    Client fresh(front.port(), with(""));
    EXPECT_EQ(fresh.ask(ask_who).status, 200);
    EXPECT_NE(fresh.server_subject(), before);
    EXPECT_EQ(old.ask(ask_who).status, 200) << "it keeps what it has";
}

TEST(HttpTls, LetsNobodyInWhoseCertificateIsRevoked) {
    const Certificates files;
    FrontOptions options;
    options.listen.tls.certificate_file = files.file("server.pem");
    options.listen.tls.key_file = files.file("server.key");
    options.listen.tls.client_ca_file = files.file("ca.pem");
    options.listen.tls.client_crl_file = files.file("crl.pem");
    options.listen.tls.client_certificate = ClientCertificate::required;
    EXPECT_FALSE(TlsContext::load(options.listen.tls)) << "no list yet";
    files.revoke();
    TestFront front(who_routes(), options);
    ClientTls client;
    client.on = true;
    client.certificate_file = files.file("client.pem");
    client.key_file = files.file("client.key");
    Client good(front.port(), client);
    EXPECT_EQ(good.ask(ask_who).status, 200);
    files.revoke("client");
    ASSERT_TRUE(front.front->renew_tls());
    Client revoked(front.port(), client);
    EXPECT_EQ(revoked.ask(ask_who).status, 0);
}

TEST(HttpTls, CarriesLargeBodiesAndPipelines) {
    TestFront front(who_routes(), tls_options(ClientCertificate::optional));
    Client client(front.port(), with("client"));
    const std::string body(3 << 20, 'x');
    client.send("POST /who HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body + std::string(ask_who) + std::string(ask_who));
    EXPECT_TRUE(client.receive().body.ends_with(" 3145728"));
    EXPECT_TRUE(client.receive().body.ends_with(" 0"));
    EXPECT_TRUE(client.receive().body.ends_with(" 0"));
}

TEST(HttpTls, ClosesOnClearTextAndOnSilence) {
    FrontOptions options = tls_options();
    options.time.handshake = std::chrono::milliseconds(100);
    TestFront front(who_routes(), options);
    Client clear(front.port());
    clear.send(ask_who);
    EXPECT_EQ(clear.receive().status, 0);
    Client silent(front.port());
    EXPECT_TRUE(silent.ends());
    EXPECT_EQ(front.front->numbers().handshakes_failed, 2U);
}

TEST(HttpTls, RefusesFilesThatDoNotFit) {
    for (const auto& [certificate, key] :
         {std::pair<std::string, std::string>{"server.pem", "client.key"},
          {"server.pem", "absent.key"},
          {"absent.pem", "server.key"},
          {"server.key", "server.key"}}) {
        TlsOptions options;
        options.certificate_file = certificates().file(certificate);
        options.key_file = certificates().file(key);
        const auto outcome = TlsContext::load(options);
        EXPECT_TRUE(!outcome && outcome.error() == tls_setup_failed) << certificate << " " << key;
    }
}

}  // namespace
}  // namespace chopmark::http
