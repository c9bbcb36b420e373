internal import FoundationEssentials

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension TLSMaterial {
    /// The longest PEM file that is read.
    private static let fileByteCount = 64 << 10

    /// Writes both files, the key with mode 0600 from its first byte on; existing files are never replaced.
    package func write(certificatePath: String, keyPath: String) throws(NetworkError) {
        try TLSMaterial.create(keyPath, mode: 0o600, text: privateKeyPEM)
        try TLSMaterial.create(certificatePath, mode: 0o644, text: certificatePEM)
    }

    /// Reads both files; refuses a key that others may read.
    package static func load(certificatePath: String, keyPath: String) throws(NetworkError) -> TLSMaterial {
        var information = stat()
        guard unsafe stat(keyPath, &information) == 0 else { throw NetworkError("\(keyPath): there is no key file") }
        let mode = information.st_mode & 0o7777
        guard mode & 0o077 == 0 else {
            throw NetworkError("\(keyPath): mode \(String(mode, radix: 8)) lets others read the key; make it 0600")
        }
        let certificate = try read(certificatePath)
        let key = try read(keyPath)
        do {
            return try TLSMaterial(certificatePEM: certificate, privateKeyPEM: key)
        } catch {
            throw NetworkError("\(certificatePath), \(keyPath): \(error)")
        }
    }

    private static func read(_ path: String) throws(NetworkError) -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw NetworkError("\(path): cannot be read")
        }
        guard data.count <= fileByteCount, let text = String(bytes: data, encoding: .utf8) else {
            throw NetworkError("\(path): is not a PEM file")
        }
        return text
    }

    /// `O_EXCL` with the mode leaves no moment in which the file exists and others may read it.
    private static func create(_ path: String, mode: mode_t, text: String) throws(NetworkError) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else {
            throw NetworkError("\(path): \(errno == EEXIST ? "exists already and is not replaced" : "cannot be made")")
        }
        let bytes = Array(text.utf8)
        let written = unsafe bytes.withUnsafeBytes { unsafe Int(Glibc.write(descriptor, $0.baseAddress, $0.count)) }
        let synced = fsync(descriptor)
        guard close(descriptor) == 0, written == bytes.count, synced == 0 else {
            unsafe unlink(path)
            throw NetworkError("\(path): cannot be written")
        }
    }
}
