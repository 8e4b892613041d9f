#include "pipeline/shelved_page.hpp"

namespace lk::pipeline {

void ShelvedPage::add(std::uint32_t index, std::uint32_t generation, detail::Slot* slot,
                      std::uint64_t lane) {
    only_lane = records == 0 || only_lane == lane ? lane : 0;
    ++records;
    indices.push_back(index);
    if (generations.empty() || generations.back().first != generation) {
        generations.emplace_back(generation, 0);
    }
    ++generations.back().second;
    if (slot != nullptr) wanted.emplace_back(index, slot);
}

}  // namespace lk::pipeline
