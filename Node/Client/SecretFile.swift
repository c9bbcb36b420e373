internal import Glibc

/// A file that only its owner may read: mode 0600, checked on the open file, replaced atomically and durably.
package enum SecretFile {
    package static let greatestByteCount = 4 << 20

    package static func read(_ path: String) throws(ClientError) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ClientError("KEY", "\(path) cannot be opened") }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw ClientError("KEY", "\(path) is not a file")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw ClientError(
                "KEY",
                "\(path) has mode \(String(status.st_mode & 0o777, radix: 8)); only its owner may read it (chmod 600)"
            )
        }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw ClientError("KEY", "\(path) cannot be read") }
            if count == 0 { return content }
            content.append(contentsOf: buffer.prefix(count))
            guard content.count <= greatestByteCount else { throw ClientError("KEY", "\(path) is too large") }
        }
    }

    /// Writes beside the file and renames, so that a crash leaves the old content or the new.
    package static func write(_ content: [UInt8], to path: String) throws(ClientError) {
        let temporary = "\(path).new"
        unsafe unlink(temporary)
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw ClientError("KEY", "\(path) cannot be written") }
        defer { close(descriptor) }
        var written = 0
        while written < content.count {
            let count = unsafe content[written...].withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            guard count > 0 else { throw ClientError("KEY", "\(path) cannot be written") }
            written += count
        }
        guard fchmod(descriptor, 0o600) == 0, fsync(descriptor) == 0, unsafe rename(temporary, path) == 0 else {
            throw ClientError("KEY", "\(path) cannot be written")
        }
    }
}
