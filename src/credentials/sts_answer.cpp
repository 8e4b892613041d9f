#include "credentials/sts_answer.hpp"

#include <expat.h>
#include <cstring>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>

#include "credentials/source.hpp"

namespace lk::credentials {
namespace {

constexpr std::size_t room_for_size = alignof(std::max_align_t);

// The parser's own copies of the text hold the secrets too, so its memory is wiped.
void* wiped_malloc(std::size_t size) {
    auto* const block = static_cast<char*>(std::malloc(size + room_for_size));
    if (block == nullptr) return nullptr;
    memcpy(block, &size, sizeof size);
    return block + room_for_size;
}

void wiped_free(void* pointer) {
    if (pointer == nullptr) return;
    auto* const block = static_cast<char*>(pointer) - room_for_size;
    std::size_t size = 0;
    memcpy(&size, block, sizeof size);
    explicit_bzero(block, size + room_for_size);
    std::free(block);
}

void* wiped_realloc(void* pointer, std::size_t size) {
    if (pointer == nullptr) return wiped_malloc(size);
    void* const larger = wiped_malloc(size);
    if (larger == nullptr) return nullptr;
    std::size_t old_size = 0;
    memcpy(&old_size, static_cast<char*>(pointer) - room_for_size, sizeof old_size);
    memcpy(larger, pointer, old_size < size ? old_size : size);
    wiped_free(pointer);
    return larger;
}

struct Reader {
    static constexpr int deepest = 32;

    StsAnswer answer;
    XML_Parser parser = nullptr;
    int depth = 0;
    WipedText* field = nullptr;

    WipedText* field_of(std::string_view element) {
        if (element == "AccessKeyId") return &answer.access_key_id;
        if (element == "SecretAccessKey") return &answer.secret_access_key;
        if (element == "SessionToken") return &answer.session_token;
        if (element == "Expiration") return &answer.expiration;
        if (element == "Arn") return &answer.arn;
        if (element == "Code") return &answer.error_code;
        if (element == "Message") return &answer.error_message;
        return nullptr;
    }
};

void XMLCALL begin_element(void* data, const XML_Char* name, const XML_Char**) {
    auto* const reader = static_cast<Reader*>(data);
    if (++reader->depth > Reader::deepest) XML_StopParser(reader->parser, XML_FALSE);
    reader->field = reader->field_of(name);
}

void XMLCALL end_element(void* data, const XML_Char*) {
    auto* const reader = static_cast<Reader*>(data);
    --reader->depth;
    reader->field = nullptr;
}

void XMLCALL take_text(void* data, const XML_Char* text, int length) {
    auto* const reader = static_cast<Reader*>(data);
    if (reader->field != nullptr) reader->field->append(text, static_cast<std::size_t>(length));
}

// With a document type come entities, which STS never uses and attackers do.
void XMLCALL refuse_doctype(void* data, const XML_Char*, const XML_Char*, const XML_Char*, int) {
    XML_StopParser(static_cast<Reader*>(data)->parser, XML_FALSE);
}

struct FreeParser {
    void operator()(XML_Parser parser) const noexcept { XML_ParserFree(parser); }
};

}  // namespace

StsAnswer read_sts_answer(std::string_view xml) {
    constexpr std::size_t most = std::size_t{1} << 20;
    if (xml.size() > most) return {};
    constexpr XML_Memory_Handling_Suite memory{wiped_malloc, wiped_realloc, wiped_free};
    const std::unique_ptr<XML_ParserStruct, FreeParser> parser(
        XML_ParserCreate_MM("UTF-8", &memory, nullptr));
    if (!parser) throw std::bad_alloc();
    Reader reader;
    reader.parser = parser.get();
    XML_SetUserData(parser.get(), &reader);
    XML_SetElementHandler(parser.get(), begin_element, end_element);
    XML_SetCharacterDataHandler(parser.get(), take_text);
    XML_SetStartDoctypeDeclHandler(parser.get(), refuse_doctype);
    if (XML_Parse(parser.get(), xml.data(), static_cast<int>(xml.size()), XML_TRUE) !=
        XML_STATUS_OK) {
        return {};
    }
    return std::move(reader.answer);
}

std::string account_of(const StsAnswer& answer) {
    std::string_view rest = answer.arn;
    for (int colons = 0; colons < 4; ++colons) {
        const auto colon = rest.find(':');
        if (colon == std::string_view::npos) return {};
        rest.remove_prefix(colon + 1);
    }
    return account_id_in(rest.substr(0, rest.find(':')));
}

bool may_pass(const StsAnswer& answer) {
    const std::string_view code = answer.error_code;
    return code == "Throttling" || code == "ThrottlingException" ||
           code == "IDPCommunicationError" || code == "InvalidIdentityToken";
}

bool blames_the_clock(const StsAnswer& answer) {
    const std::string_view code = answer.error_code;
    if (code == "RequestExpired" || code == "RequestTimeTooSkewed" ||
        code == "RequestInTheFuture") {
        return true;
    }
    // Which also stands for a wrong secret; only the text tells.
    return code == "SignatureDoesNotMatch" &&
           (answer.error_message.starts_with("Signature expired") ||
            answer.error_message.starts_with("Signature not yet current"));
}

}  // namespace lk::credentials
