internal import Glibc

/// Keeps other processes of the same owner out of a file while it is read, changed and written back.
///
/// The lock is on a file of its own, because the file itself is replaced. It ends with the process at the latest.
package struct FileLock: ~Copyable {
    private let descriptor: Int32

    /// Waits until no other process holds it.
    package init(_ path: String) throws(ClientError) {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw ClientError("KEY", "\(path) cannot be opened") }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else {
                close(descriptor)
                throw ClientError("KEY", "\(path) cannot be locked")
            }
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}
