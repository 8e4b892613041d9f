#include "cli/progress_printer.hpp"

#include "cli/console.hpp"

namespace lk::cli {
namespace {

std::string as_printed(const std::string& id, std::string_view line) {
    return std::string(id).append("\t").append(line);
}

}  // namespace

void ProgressPrinter::when_stored(Published& result, const std::string& id, std::string_view line) {
    result.on_stored([self = shared_from_this(),
                      text = as_printed(id, line)](const std::optional<Error>& failure) {
        if (!failure) self->print(text);
    });
}

std::unique_ptr<const std::string> ProgressPrinter::when_published(const std::string& id,
                                                                   std::string_view line) const {
    if (stage_ != Stage::published) return nullptr;
    return std::make_unique<const std::string>(as_printed(id, line));
}

void ProgressPrinter::print(std::string_view line) {
    const std::lock_guard lock(mutex_);
    output_.write_line(line);
    if (output_.flush() || told_) return;
    // The events go their way all the same.
    told_ = true;
    console_.say("what is " + std::string(stage_ == Stage::stored ? "stored" : "published") +
                 " is not printed any more: " + output_.reason());
}

}  // namespace lk::cli
