import FoundationEssentials
package import LedgerCrypto
internal import Primitives

/// A secp256k1 private key in a file of its own: 64 hexadecimal digits and a line feed, mode 0600.
package enum KeyFile {
    /// Writes a new file; an existing one is never replaced, because a lost consensus key cannot be had back.
    package static func create(_ key: PrivateKey, at path: String) throws {
        let manager = FileManager.default
        guard !manager.fileExists(atPath: path) else {
            throw ConfigurationError("\(path): exists already and is not replaced")
        }
        let text = Data((Hex.encode(key.bytes) + "\n").utf8)
        guard manager.createFile(atPath: path, contents: text, attributes: [.posixPermissions: 0o600]) else {
            throw ConfigurationError("\(path): cannot be written")
        }
        try manager.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }

    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    /// Reads a key; refuses a file that others may read.
    package static func load(_ path: String) throws -> PrivateKey {
        let manager = FileManager.default
        guard let attributes = try? manager.attributesOfItem(atPath: path) else {
            throw ConfigurationError("\(path): there is no key file")
        }
        let mode = attributes[.posixPermissions] as? Int ?? 0o777
        guard mode & 0o077 == 0 else {
            throw ConfigurationError("\(path): mode \(String(mode, radix: 8)) lets others read the key; make it 0600")
        }
        guard let data = manager.contents(atPath: path), data.count <= 256,
            let text = String(bytes: data, encoding: .utf8),
            let bytes = Hex.decode(text.filter { !$0.isWhitespace }), let key = PrivateKey(bytes: bytes)
        else { throw ConfigurationError("\(path): is not a secp256k1 key of 64 hexadecimal digits") }
        return key
    }
}
