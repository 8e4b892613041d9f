// Runs a fuzzer without libFuzzer: over the files in the folders that are named, and then over
// mutations of them. The mutations follow from a fixed seed and the files' order by name, so that
// each run is like the one before.
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

// For the message when the process dies of it.
const std::string* current = nullptr;

extern "C" void write_current(int signal_number) {
    constexpr std::string_view head = "\nthe input, between the lines:\n-----\n";
    constexpr std::string_view tail = "\n-----\n";
    for (const std::string_view text : {head, std::string_view(*current), tail}) {
        if (::write(STDERR_FILENO, text.data(), text.size()) < 0) break;
    }
    std::signal(signal_number, SIG_DFL);
    std::raise(signal_number);
}

void run(const std::string& input) {
    current = &input;
    (void)LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::vector<std::string> read_all(const std::vector<std::filesystem::path>& folders) {
    std::vector<std::filesystem::path> paths;
    for (const auto& folder : folders) {
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            if (entry.is_regular_file()) paths.push_back(entry.path());
        }
    }
    std::sort(paths.begin(), paths.end());
    std::vector<std::string> inputs;
    for (const auto& path : paths) {
        std::ifstream file(path, std::ios::binary);
        inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return inputs;
}

class Mutations {
  public:
    explicit Mutations(const std::vector<std::string>& inputs) : inputs_(inputs) {}

    std::string next() {
        std::string text = inputs_[below(inputs_.size())];
        for (std::size_t left = 1 + below(6); left > 0; --left) mutate(text);
        return text;
    }

  private:
    // Not std::uniform_int_distribution, which differs between standard libraries.
    std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }

    std::string piece_of(const std::string& text) {
        const std::size_t at = below(text.size() + 1);
        return text.substr(at, below(std::min<std::size_t>(text.size() - at, 32) + 1));
    }

    void mutate(std::string& text) {
        constexpr std::size_t most_bytes = 4096;
        const std::size_t at = below(text.size() + 1);
        switch (below(5)) {
            case 0: text.insert(at, 1, static_cast<char>(below(256))); break;
            case 1: text.erase(at, 1 + below(8)); break;
            case 2: text.insert(at, piece_of(text)); break;
            case 3: text.insert(at, piece_of(inputs_[below(inputs_.size())])); break;
            default:
                if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
        }
        if (text.size() > most_bytes) text.resize(most_bytes);
    }

    const std::vector<std::string>& inputs_;
    std::mt19937_64 random_{4};
};

}  // namespace

int main(int count, char** arguments) {
    std::vector<std::filesystem::path> folders;
    std::size_t mutations = 0;
    for (int i = 1; i < count; ++i) {
        if (std::strcmp(arguments[i], "--mutations") == 0 && i + 1 < count) {
            const char* number = arguments[++i];
            std::from_chars(number, number + std::strlen(number), mutations);
        } else {
            folders.emplace_back(arguments[i]);
        }
    }
    const std::vector<std::string> inputs = read_all(folders);
    if (inputs.empty()) {
        std::fprintf(stderr, "no inputs: name the folders that hold them\n");
        return 1;
    }
    for (const int signal_number : {SIGABRT, SIGSEGV}) std::signal(signal_number, write_current);
    run("");
    for (const std::string& input : inputs) run(input);
    Mutations mutated(inputs);
    for (std::size_t i = 0; i < mutations; ++i) {
        const std::string input = mutated.next();
        run(input);
    }
    std::printf("%zu inputs and %zu mutations of them stood\n", inputs.size(), mutations);
}
