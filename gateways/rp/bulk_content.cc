#include "gateways/rp/bulk_content.h"

#include <fmt/format.h>

#include <set>

#include "events/crypto/digest.h"

namespace chopmark::rp {
namespace {

constexpr const char* documents_name = "documents";
constexpr std::size_t document_id_characters = 36;

Result<schema::BulkDocument> read_document(const service::Json& content, bool bare) {
    if (!content.is_object()) {
        return Error(parameter_invalid, documents_name);
    }
    schema::BulkDocument document;
    CHOPMARK_ASSIGN(*document.mutable_id(),
                    text_parameter(content, "documentID", document_id_characters));
    if (!is_business_id(document.id())) {
        return Error(parameter_invalid, "documentID");
    }
    CHOPMARK_ASSIGN(*document.mutable_name(),
                    words(content, "documentName", document_name_characters));
    CHOPMARK_ASSIGN(*document.mutable_digest(),
                    bytes_parameter(content, "hashCode", bare_input_bytes));
    if (document.digest().empty() || (!bare && document.digest().size() != Digest::size)) {
        return Error(parameter_invalid, "hashCode");
    }
    return document;
}

Result<std::vector<schema::BulkDocument>> read_documents(const service::Json& content, bool bare) {
    if (!service::has(content, documents_name)) {
        return Error(parameter_missing, documents_name);
    }
    const service::Json& list = content[documents_name];
    if (list.is_array() && list.empty()) {
        return Error(parameter_empty, documents_name);
    }
    if (!list.is_array() || list.size() > citizen::most_bulk_documents) {
        return Error(parameter_invalid, documents_name);
    }
    std::vector<schema::BulkDocument> documents;
    std::set<std::string> ids;
    for (const service::Json& one : list) {
        CHOPMARK_ASSIGN(auto document, read_document(one, bare));
        if (!ids.insert(document.id()).second) {
            return Error(parameter_invalid, "documentID");
        }
        documents.push_back(std::move(document));
    }
    return documents;
}

/// As many to a part as a record takes.
BulkParts parted(std::vector<schema::BulkDocument> documents) {
    BulkParts parts;
    std::size_t bytes = 0;
    for (schema::BulkDocument& document : documents) {
        const std::size_t more = document.ByteSizeLong();
        if (parts.empty() || parts.back().size() == citizen::bulk_part_documents ||
            bytes + more > citizen::bulk_part_bytes) {
            parts.emplace_back();
            bytes = 0;
        }
        bytes += more;
        parts.back().push_back(std::move(document));
    }
    return parts;
}

}  // namespace

Result<BulkSigning> read_bulk_signing(const service::Json& content) {
    BulkSigning body;
    CHOPMARK_ASSIGN(body.frame, read_signing_frame(content));
    body.frame.kind = schema::SIGNATURE_KIND_BULK;
    CHOPMARK_ASSIGN(auto documents, read_documents(content, body.frame.algorithm == "NONEwithRSA"));
    CHOPMARK_ASSIGN(body.max_callback_signatures,
                    whole_number(content, "maxCallbackSigs", 1, citizen::most_bulk_documents,
                                 citizen::most_bulk_documents));
    CHOPMARK_ASSIGN(body.agreement, optional_text(content, "bsqcToken", agreement_characters));
    body.frame.digest = citizen::bulk_root(documents).to_bytes();
    body.documents = static_cast<std::uint32_t>(documents.size());
    body.parts = parted(std::move(documents));
    return body;
}

schema::SignatureSubject subject_of(const AskHead& head, const BulkSigning& body,
                                    const std::string& identification_code) {
    schema::SignatureSubject subject = subject_of(head, body.frame, identification_code);
    subject.set_text(fmt::format("chopmark bulk signature\n{}\n{}\n{}\n{} documents\n{}\n{}\n{}",
                                 head.business_id, body.frame.department, body.frame.service_name,
                                 body.documents, body.frame.algorithm, to_base64(body.frame.digest),
                                 identification_code));
    subject.set_text_digest(crypto::sha256(subject.text()).to_bytes());
    return subject;
}

}  // namespace chopmark::rp
