internal import Foundation
internal import Glibc
internal import Primitives

/// The key at the top: it wraps the subjects' keys and authenticates the access log.
///
/// By default a file of 64 hexadecimal digits with mode 0600, outside the vault's own directory.
package struct OperatorKey: Sendable {
    /// Wraps subjects' keys.
    let wrapping: SecretKey
    /// Chains the access log.
    let log: SecretKey
    /// Authenticates where the access log ends.
    let logHead: SecretKey
    /// Recognises the key without using it for anything else.
    let check: [UInt8]

    init(bytes: [UInt8]) {
        let root = SecretKey(bytes: bytes)
        wrapping = root.derived(for: "akashi/vault/operator/wrapping")
        log = root.derived(for: "akashi/vault/operator/log")
        logHead = root.derived(for: "akashi/vault/operator/log-head")
        check = root.derived(for: "akashi/vault/operator/check").code(over: Array("akashi/vault".utf8))
    }

    /// Makes a new key file; an existing one is never replaced, because with it every profile would be lost.
    package static func create(at path: String) throws(VaultError) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw errno == EEXIST ? .alreadyExists(path: path) : .badKeyFile(path: path)
        }
        defer { close(descriptor) }
        let text = Array((Hex.encode(SecretKey.generate()) + "\n").utf8)
        // The mode given to open is narrowed by the umask, so it is set again.
        guard fchmod(descriptor, 0o600) == 0, unsafe write(descriptor, text, text.count) == text.count,
            fsync(descriptor) == 0
        else { throw .badKeyFile(path: path) }
        try synchroniseFolder(of: path)
    }

    /// Whether anything has this name, a link that leads nowhere included.
    static func exists(at path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0
    }

    /// Makes the name of a new key durable: nothing may be wrapped under a key that a power failure takes away.
    private static func synchroniseFolder(of path: String) throws(VaultError) {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let descriptor = unsafe Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .badKeyFile(path: path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .badKeyFile(path: path) }
    }

    /// Reads a key file. Its mode is taken from the open file, so that nobody swaps it in between.
    package static func load(_ path: String) throws(VaultError) -> OperatorKey {
        let descriptor = unsafe open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw refusal(of: path, errno) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .badKeyFile(path: path)
        }
        guard status.st_mode & 0o077 == 0 else { throw .keyFileMode(path: path, mode: status.st_mode & 0o777) }
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = unsafe read(descriptor, &buffer, buffer.count)
        guard count >= 0, count < buffer.count else { throw .badKeyFile(path: path) }
        var text = buffer.prefix(count)
        if text.last == 0x0A { text.removeLast() }
        guard let bytes = Hex.decode(String(decoding: text, as: UTF8.self)), bytes.count == SecretKey.byteCount else {
            throw .badKeyFile(path: path)
        }
        return OperatorKey(bytes: bytes)
    }

    private static func refusal(of path: String, _ error: Int32) -> VaultError {
        switch error {
        case ENOENT: .noOperatorKey(path: path)
        // What O_NOFOLLOW answers for a link.
        case ELOOP: .keyIsLink(path: path)
        default: .keyNotOpened(path: path, reason: unsafe String(cString: strerror(error)))
        }
    }
}
