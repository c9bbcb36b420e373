// Kills the process at its n-th change of a file below a directory.
//
//   CRASH_DIRECTORY=/path CRASH_AT=n CRASH_MODE=before|torn|after LD_PRELOAD=libCrashPoint.so program …
//
// A change of RocksDB's own diary, LOG, is none. A change is a write, a sync, a truncation, a rename or a removal. `before` kills in its place, `after` behind it, and
// `torn` lets half of a write through; what is no write has no half and happens whole.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long changes;

static int concerns_path(const char *path) {
    const char *directory = getenv("CRASH_DIRECTORY");
    const char *name = strrchr(path, '/');
    return directory && strncmp(path, directory, strlen(directory)) == 0 && !(name && strncmp(name, "/LOG", 4) == 0);
}

static int concerns(int descriptor) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return concerns_path(path);
}

// Whether this change is the one; the process ends here in the mode `before`.
static int is_the_one(void) {
    const char *at = getenv("CRASH_AT"), *mode = getenv("CRASH_MODE");
    if (!at || atomic_fetch_add(&changes, 1) + 1 != atol(at)) return 0;
    if (!mode || strcmp(mode, "before") == 0) kill(getpid(), SIGKILL);
    return 1;
}

static int is_torn(void) {
    const char *mode = getenv("CRASH_MODE");
    return mode && strcmp(mode, "torn") == 0;
}

#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

#define CHANGE(concerned, call) \
    int hit = (concerned) && is_the_one(); \
    __typeof__(call) result = call; \
    if (hit) kill(getpid(), SIGKILL); \
    return result

ssize_t write(int descriptor, const void *bytes, size_t count) {
    REAL(write);
    int hit = concerns(descriptor) && is_the_one();
    ssize_t result = real(descriptor, bytes, hit && is_torn() ? count / 2 : count);
    if (hit) kill(getpid(), SIGKILL);
    return result;
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
    REAL(pwrite);
    int hit = concerns(descriptor) && is_the_one();
    ssize_t result = real(descriptor, bytes, hit && is_torn() ? count / 2 : count, offset);
    if (hit) kill(getpid(), SIGKILL);
    return result;
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
    REAL(pwrite64);
    int hit = concerns(descriptor) && is_the_one();
    ssize_t result = real(descriptor, bytes, hit && is_torn() ? count / 2 : count, offset);
    if (hit) kill(getpid(), SIGKILL);
    return result;
}

int fsync(int descriptor) {
    REAL(fsync);
    CHANGE(concerns(descriptor), real(descriptor));
}

int fdatasync(int descriptor) {
    REAL(fdatasync);
    CHANGE(concerns(descriptor), real(descriptor));
}

int ftruncate(int descriptor, off_t length) {
    REAL(ftruncate);
    CHANGE(concerns(descriptor), real(descriptor, length));
}

int ftruncate64(int descriptor, off64_t length) {
    REAL(ftruncate64);
    CHANGE(concerns(descriptor), real(descriptor, length));
}

int rename(const char *from, const char *to) {
    REAL(rename);
    CHANGE(concerns_path(to), real(from, to));
}

int unlink(const char *path) {
    REAL(unlink);
    CHANGE(concerns_path(path), real(path));
}

int link(const char *from, const char *to) {
    REAL(link);
    CHANGE(concerns_path(to), real(from, to));
}
