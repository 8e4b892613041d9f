#include "outbox/faulty_disk.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>
#include <random>
#include <vector>

namespace lk::outbox {

namespace {

// A disk writes such a piece wholly or not at all.
constexpr std::uint64_t sector_bytes = 512;

std::atomic<int> disks{0};

}  // namespace

struct FaultyDisk::File {
    struct Change {
        bool is_truncation = false;
        std::uint64_t at = 0;
        std::string bytes;
    };

    std::string now;              ///< What is read.
    std::string on_disk;          ///< What outlives the power.
    std::vector<Change> changes;  ///< From there to here.

    static void apply(std::string& to, const Change& change) {
        if (change.is_truncation) {
            to.resize(change.at, '\0');
            return;
        }
        if (to.size() < change.at + change.bytes.size()) {
            to.resize(change.at + change.bytes.size(), '\0');
        }
        to.replace(change.at, change.bytes.size(), change.bytes);
    }

    void change(Change change) {
        apply(now, change);
        changes.push_back(std::move(change));
    }
};

struct FaultyDisk::Opened {
    sqlite3_file base{};
    FaultyDisk* disk = nullptr;
    std::shared_ptr<File> file;
    std::string remove_at_end;
};

FaultyDisk::Fault FaultyDisk::next_call() {
    ++calls_;
    if (fault_ == Fault::none || calls_ < first_ || calls_ >= last_) return Fault::none;
    ++failed_calls_;
    return fault_;
}

void FaultyDisk::fail(Fault fault, std::uint64_t first, std::uint64_t count) {
    const std::lock_guard lock(mutex_);
    fault_ = fault;
    first_ = calls_ + first;
    last_ = first_ + count;
}

void FaultyDisk::work() {
    const std::lock_guard lock(mutex_);
    fault_ = Fault::none;
}

std::uint64_t FaultyDisk::calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
}

std::uint64_t FaultyDisk::failed_calls() const {
    const std::lock_guard lock(mutex_);
    return failed_calls_;
}

std::uint64_t FaultyDisk::synchronizations() const {
    const std::lock_guard lock(mutex_);
    return synchronizations_;
}

std::uint64_t FaultyDisk::bytes() const {
    const std::lock_guard lock(mutex_);
    std::uint64_t bytes = 0;
    for (const auto& [path, file] : files_) bytes += file->now.size();
    return bytes;
}

std::shared_ptr<FaultyDisk::File> FaultyDisk::open(const std::string& path) {
    const std::lock_guard lock(mutex_);
    auto& file = files_[path];
    if (file == nullptr) file = std::make_shared<File>();
    return file;
}

bool FaultyDisk::exists(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    return files_.contains(path);
}

bool FaultyDisk::remove(const std::string& path) {
    const std::lock_guard lock(mutex_);
    return files_.erase(path) > 0;
}

std::string FaultyDisk::read(const File& file, std::uint64_t at, std::uint64_t count) const {
    const std::lock_guard lock(mutex_);
    return at >= file.now.size() ? std::string() : file.now.substr(at, count);
}

std::uint64_t FaultyDisk::size(const File& file) const {
    const std::lock_guard lock(mutex_);
    return file.now.size();
}

int FaultyDisk::write(File& file, std::uint64_t at, std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    const Fault fault = next_call();
    std::size_t written = bytes.size();
    if (fault == Fault::broken) return SQLITE_IOERR_WRITE;
    if (fault == Fault::full) written = written / 3;
    if (fault == Fault::short_write) written = written / 2;
    file.change({.is_truncation = false, .at = at, .bytes = std::string(bytes.substr(0, written))});
    switch (fault) {
        case Fault::full: return SQLITE_FULL;
        case Fault::short_write: return SQLITE_IOERR_WRITE;
        default: return SQLITE_OK;
    }
}

int FaultyDisk::truncate(File& file, std::uint64_t size) {
    const std::lock_guard lock(mutex_);
    const Fault fault = next_call();
    // To give room back works on a full disk, too.
    if (fault != Fault::none && fault != Fault::full) return SQLITE_IOERR_TRUNCATE;
    file.change({.is_truncation = true, .at = size, .bytes = {}});
    return SQLITE_OK;
}

int FaultyDisk::synchronize(File& file) {
    const std::lock_guard lock(mutex_);
    ++synchronizations_;
    const bool fails = next_call() != Fault::none;
    // One that fails has written some of it, and forgets the rest.
    for (std::size_t i = 0; i < file.changes.size(); ++i) {
        if (!fails || i % 2 == 0) File::apply(file.on_disk, file.changes[i]);
    }
    file.changes.clear();
    if (fails) return SQLITE_IOERR_FSYNC;
    return SQLITE_OK;
}

// In any order, and the last of them in part.
void FaultyDisk::lose_power_into(FaultyDisk& after, std::uint64_t seed) const {
    const std::lock_guard lock(mutex_);
    std::mt19937_64 random(seed);
    for (const auto& [path, file] : files_) {
        auto left = std::make_shared<File>();
        left->on_disk = file->on_disk;
        const std::uint64_t mood = random() % 4;  // From nothing to nearly all of it.
        for (std::size_t i = 0; i < file->changes.size(); ++i) {
            File::Change change = file->changes[i];
            if (random() % 3 >= mood) continue;
            const bool torn = i + 1 == file->changes.size() || random() % 8 == 0;
            if (torn && !change.is_truncation) {
                change.bytes.resize(random() % (change.bytes.size() / sector_bytes + 1) *
                                    sector_bytes);
            }
            File::apply(left->on_disk, change);
        }
        left->now = left->on_disk;
        const std::lock_guard other(after.mutex_);
        after.files_[path] = std::move(left);
    }
}

namespace {

FaultyDisk::Opened& opened(sqlite3_file* file) {
    return *reinterpret_cast<FaultyDisk::Opened*>(file);
}

// A disk has one folder: it is found again under another's name.
std::string name_of(const char* path) {
    const std::string_view whole = path == nullptr ? "temporary" : path;
    return std::string(whole.substr(whole.rfind('/') + 1));
}

FaultyDisk& disk_of(sqlite3_vfs* vfs) {
    return *static_cast<FaultyDisk*>(vfs->pAppData);
}

int close_file(sqlite3_file* file) {
    auto& one = opened(file);
    if (!one.remove_at_end.empty()) one.disk->remove(one.remove_at_end);
    one.~Opened();
    return SQLITE_OK;
}

int read_file(sqlite3_file* file, void* to, int count, sqlite3_int64 at) {
    auto& one = opened(file);
    const std::string bytes = one.disk->read(*one.file, static_cast<std::uint64_t>(at),
                                             static_cast<std::uint64_t>(count));
    std::memset(to, 0, static_cast<std::size_t>(count));
    std::memcpy(to, bytes.data(), bytes.size());
    return bytes.size() == static_cast<std::size_t>(count) ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int write_file(sqlite3_file* file, const void* from, int count, sqlite3_int64 at) {
    auto& one = opened(file);
    return one.disk->write(*one.file, static_cast<std::uint64_t>(at),
                           {static_cast<const char*>(from), static_cast<std::size_t>(count)});
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
    auto& one = opened(file);
    return one.disk->truncate(*one.file, static_cast<std::uint64_t>(size));
}

int sync_file(sqlite3_file* file, int) {
    auto& one = opened(file);
    return one.disk->synchronize(*one.file);
}

int size_of_file(sqlite3_file* file, sqlite3_int64* size) {
    auto& one = opened(file);
    *size = static_cast<sqlite3_int64>(one.disk->size(*one.file));
    return SQLITE_OK;
}

int no_lock(sqlite3_file*, int) {
    return SQLITE_OK;
}

int no_reserved_lock(sqlite3_file*, int* reserved) {
    *reserved = 0;
    return SQLITE_OK;
}

int no_control(sqlite3_file*, int, void*) {
    return SQLITE_NOTFOUND;
}

int sector_size(sqlite3_file*) {
    return static_cast<int>(sector_bytes);
}

int no_characteristics(sqlite3_file*) {
    return 0;
}

// Version 1: without shared memory, as the outbox needs none.
const sqlite3_io_methods methods = {1,
                                    close_file,
                                    read_file,
                                    write_file,
                                    truncate_file,
                                    sync_file,
                                    size_of_file,
                                    no_lock,
                                    no_lock,
                                    no_reserved_lock,
                                    no_control,
                                    sector_size,
                                    no_characteristics,
                                    nullptr,
                                    nullptr,
                                    nullptr,
                                    nullptr,
                                    nullptr,
                                    nullptr};

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out) {
    FaultyDisk& disk = disk_of(vfs);
    file->pMethods = nullptr;
    const std::string name = name_of(path);
    if ((flags & SQLITE_OPEN_CREATE) == 0 && !disk.exists(name)) return SQLITE_CANTOPEN;
    auto* const one = new (file) FaultyDisk::Opened();
    one->base.pMethods = &methods;
    one->disk = &disk;
    one->file = disk.open(name);
    if ((flags & SQLITE_OPEN_DELETEONCLOSE) != 0) one->remove_at_end = name;
    if (out != nullptr) *out = flags;
    return SQLITE_OK;
}

int delete_file(sqlite3_vfs* vfs, const char* path, int) {
    return disk_of(vfs).remove(name_of(path)) ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
}

int access_file(sqlite3_vfs* vfs, const char* path, int, int* result) {
    *result = disk_of(vfs).exists(name_of(path)) ? 1 : 0;
    return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* path, int bytes, char* out) {
    sqlite3_snprintf(bytes, out, "%s", path);
    return SQLITE_OK;
}

}  // namespace

FaultyDisk::FaultyDisk()
    : name_("lk-faulty-disk-" + std::to_string(++disks)),
      vfs_(std::make_unique<sqlite3_vfs>(*sqlite3_vfs_find(nullptr))) {
    vfs_->szOsFile = sizeof(Opened);
    vfs_->zName = name_.c_str();
    vfs_->pAppData = this;
    vfs_->pNext = nullptr;
    vfs_->xOpen = open_file;
    vfs_->xDelete = delete_file;
    vfs_->xAccess = access_file;
    vfs_->xFullPathname = full_path;
    vfs_->xGetLastError = [](sqlite3_vfs*, int, char*) { return 0; };
    sqlite3_vfs_register(vfs_.get(), 0);
}

FaultyDisk::~FaultyDisk() {
    sqlite3_vfs_unregister(vfs_.get());
}

}  // namespace lk::outbox
