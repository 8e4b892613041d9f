#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "fixture.hpp"

namespace lk {

// A folder that goes with the test.
class Folder {
  public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "lk-outbox-XXXXXX").string();
        path_ = mkdtemp(name.data());
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] std::string path() const { return path_; }

  private:
    std::string path_;
};

class Outbox : public DispatchTest {
  protected:
    [[nodiscard]] DispatchOptions durable() {
        DispatchOptions all = options();
        all.outbox = {.directory = folder.path(), .sync = OutboxSync::os};
        all.close_deadline = 0ms;
        return all;
    }
    /// What the stream holds, by the types of the events, in order.
    [[nodiscard]] std::vector<std::string> types() const {
        std::vector<std::string> all;
        for (const auto& record : kinesis->records()) all.push_back(type_of(record.data));
        return all;
    }
    static std::string type_of(const std::string& event) {
        const std::string before = "\"type\":\"";
        const std::size_t start = event.find(before) + before.size();
        return event.substr(start, event.find('"', start) - start);
    }
    static FakeKinesis::Result refused(FailureClass kind, ErrorCode code) {
        return Failure{kind, code, "Refused", "refused by the test", false};
    }
    /// Kinesis refuses each request that has a record with this word in it.
    void refuse_the_guilty() {
        kinesis->answer_with = [](const std::vector<testing::SeenRecord>& records) {
            for (const auto& record : records) {
                if (record.data.find("guilty") != std::string::npos) {
                    return refused(FailureClass::invalid, ErrorCode::invalid_request);
                }
            }
            return FakeKinesis::Result(FakeKinesis::all_stored(records.size()));
        };
    }

    Folder folder;
};

}  // namespace lk
