#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <lk/published.hpp>

#include "cli/output.hpp"

namespace lk::cli {

class Console;

/// How far an event has come.
enum class Stage { stored, published };

/// Prints each event's id and line to stdout when it has come so far: "ID<tab>LINE". Thread-safe.
/// What is printed is written at once, since whoever reads it may rely on it. Callbacks keep the
/// printer, as the last of them may come when all else of a run is over.
class ProgressPrinter : public std::enable_shared_from_this<ProgressPrinter> {
  public:
    ProgressPrinter(Stage stage, Console& console) : stage_(stage), console_(console) {}

    [[nodiscard]] Stage stage() const noexcept { return stage_; }

    void when_stored(Published& result, const std::string& id, std::string_view line);
    /// What print() is to be given when it is published; null when that is not the stage.
    [[nodiscard]] std::unique_ptr<const std::string> when_published(const std::string& id,
                                                                    std::string_view line) const;

    void print(std::string_view line);

  private:
    const Stage stage_;
    Console& console_;
    std::mutex mutex_;
    Output output_;
    bool told_ = false;
};

}  // namespace lk::cli
