#include "pipeline/shelf.hpp"

#include <iterator>

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

std::size_t Shelf::bytes_of(const ShelvedPage& page) noexcept {
    return sizeof page + page.indices.capacity() * sizeof page.indices[0] +
           page.generations.capacity() * sizeof page.generations[0] +
           page.wanted.capacity() * sizeof page.wanted[0];
}

void Shelf::count(const ShelvedPage& page) noexcept {
    memory_ += bytes_of(page);
    records_ += page.records;
}

void Shelf::add(ShelvedPage page) {
    page.indices.shrink_to_fit();
    page.generations.shrink_to_fit();
    count(page);
    pages_.push_back(std::move(page));
}

ShelvedPage Shelf::take_next() {
    ShelvedPage page = std::move(pages_.front());
    pages_.pop_front();
    memory_ -= bytes_of(page);
    records_ -= page.records;
    return page;
}

void Shelf::put_back(ShelvedPage page) {
    count(page);
    pages_.push_front(std::move(page));
}

// One that needed no look may be passed over before one that is still being read.
void Shelf::pass_over(ShelvedPage page) {
    count(page);
    auto place = passed_over_.end();
    while (place != passed_over_.begin() && std::prev(place)->id > page.id) --place;
    passed_over_.insert(place, std::move(page));
}

void Shelf::begin_pass() {
    pages_.insert(pages_.begin(), std::move_iterator(passed_over_.begin()),
                  std::move_iterator(passed_over_.end()));
    passed_over_.clear();
    passed_over_keys_.clear();
}

std::size_t Shelf::drop_unwanted() {
    std::size_t dropped = 0;
    for (std::deque<ShelvedPage>* pages : {&pages_, &passed_over_}) {
        for (ShelvedPage& page : *pages) {
            std::erase_if(page.wanted, [&](const auto& one) {
                if (one.second->wanted()) return false;
                one.second->settle_unwanted();
                ++dropped;
                return true;
            });
        }
    }
    return dropped;
}

}  // namespace lk::pipeline
