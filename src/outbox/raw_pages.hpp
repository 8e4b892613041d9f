#pragma once

#include <cstdint>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lk::outbox {

/// The pages of an SQLite file and of the log beside it, without SQLite, for a file that it takes
/// for none. By https://www.sqlite.org/fileformat2.html; only of the outbox's page size.
class RawPages {
  public:
    explicit RawPages(const std::string& path);

    /// From 1. As the last commit in the log left it; nothing where there is none.
    [[nodiscard]] std::string read(std::uint32_t page);
    /// Of all pages that there are.
    [[nodiscard]] std::vector<std::uint32_t> numbers() const;

  private:
    void read_log();

    std::ifstream file_;
    std::ifstream log_;
    std::uint32_t in_file_ = 0;
    std::map<std::uint32_t, std::uint64_t> in_log_;  // where they begin
};

/// A row that stands in a page, or begins there and goes on in others.
struct RawRow {
    bool is_of_index = false;
    std::int64_t row_id = 0;
    std::uint64_t bytes = 0;
    std::string here;
    std::uint32_t goes_on = 0;  ///< In that page; 0: nowhere.
};

/// All rows of a page of a table or an index; none when it is neither. No more than fit in one,
/// whatever it says.
[[nodiscard]] std::vector<RawRow> rows_of(const std::string& page, bool is_first);

/// One column of a row: of type NULL, number or bytes.
struct RawColumn {
    bool is_bytes = false;
    std::int64_t number = 0;
    std::string_view bytes = {};
};

/// The columns of a whole row; none when it is not one. Views into `row`.
[[nodiscard]] std::vector<RawColumn> columns_of(std::string_view row);

}  // namespace lk::outbox
