internal import AkashiClient
internal import Foundation
internal import Primitives

/// Something that one command makes and a later one needs, kept beside the key store with mode 0600: the key of an
/// order until it is opened, the salt of a vote until it is revealed.
struct KeptSecret {
    enum Kind: String { case order, vote }

    let path: String

    init(_ kind: Kind, of id: Digest, for key: ClientKey, _ store: KeyStoreOptions) {
        path = "\(store.path)-\(kind.rawValue)s/\(id.hex.prefix(40))-\(key.account.digest.hex.prefix(16))"
    }

    /// What is kept, or what `make` gives, which is kept from then on.
    ///
    /// Nothing kept is ever replaced or removed here, whatever a node says of the transaction that it is for: a node that
    /// fails or lies may have passed it on. A command that is tried again therefore goes on with the same secret.
    func keep(_ make: () -> [UInt8]) throws(ClientError) -> [UInt8] {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        do {
            try FileManager.default.createDirectory(
                at: folder,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw ClientError("FILE", "\(path) cannot be written")
        }
        let lock = try FileLock(folder.path + "/lock")
        let isKept = FileManager.default.fileExists(atPath: path)
        let bytes = isKept ? try SecretFile.read(path) : make()
        if !isKept { try SecretFile.write(bytes, to: path) }
        _ = consume lock
        return bytes
    }

    func read() throws(ClientError) -> [UInt8] {
        guard FileManager.default.fileExists(atPath: path) else {
            throw ClientError("REFERENCE", "there is nothing kept at \(path)")
        }
        return try SecretFile.read(path)
    }
}
