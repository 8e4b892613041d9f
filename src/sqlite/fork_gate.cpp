#include "sqlite/fork_gate.hpp"

#include <pthread.h>

namespace lk::sqlite {

namespace {

// The system's and not std::shared_mutex, as a child makes it anew.
constinit pthread_rwlock_t gate = PTHREAD_RWLOCK_INITIALIZER;

[[maybe_unused]] const int fork_handlers =
    pthread_atfork([] { pthread_rwlock_wrlock(&gate); }, [] { pthread_rwlock_unlock(&gate); },
                   [] { pthread_rwlock_init(&gate, nullptr); });

}  // namespace

WithinSqlite::WithinSqlite() {
    pthread_rwlock_rdlock(&gate);
}

WithinSqlite::~WithinSqlite() {
    pthread_rwlock_unlock(&gate);
}

}  // namespace lk::sqlite
