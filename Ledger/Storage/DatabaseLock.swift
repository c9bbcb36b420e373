internal import Glibc

/// Keeps every process from opening a database for writing, as long as it is held, without opening it.
///
/// It is the lock that RocksDB itself takes: a process has it once, and closing the file in any way gives it back.
package final class DatabaseLock: Sendable {
    private let descriptor: Int32

    /// - Throws: `locked` where a process has the database open for writing.
    package init(_ path: String) throws(StorageError) {
        let file = "\(path)/LOCK"
        descriptor = unsafe open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .io("\(file): cannot be opened: error \(errno)") }
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        guard unsafe fcntl(descriptor, F_SETLK, &lock) == 0 else {
            throw .locked(file)
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }
}
