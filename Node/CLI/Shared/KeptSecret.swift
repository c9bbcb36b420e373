internal import AkashiClient
internal import Foundation
internal import Primitives

/// Something that one command makes and a later one needs, kept beside the key store with mode 0600: the key of an
/// order until it is opened, the salt of a vote until it is revealed.
struct KeptSecret {
    enum Kind: String { case order, vote }

    let path: String

    init(_ kind: Kind, of id: Digest, for key: ClientKey, _ store: KeyStoreOptions) {
        path = "\(store.path)-\(kind.rawValue)s/\(id.hex.prefix(40))-\(key.name.text)"
    }

    var exists: Bool { FileManager.default.fileExists(atPath: path) }

    /// Never replaces one: what it opens may be on the chain already.
    func keep(_ bytes: [UInt8]) throws(ClientError) {
        guard !exists else { throw ClientError("DUPLICATE", "\(path) is kept already") }
        do {
            try FileManager.default.createDirectory(
                at: URL(fileURLWithPath: path).deletingLastPathComponent(),
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw ClientError("FILE", "\(path) cannot be written")
        }
        try SecretFile.write(bytes, to: path)
    }

    func read() throws(ClientError) -> [UInt8] {
        guard exists else { throw ClientError("REFERENCE", "there is nothing kept at \(path)") }
        return try SecretFile.read(path)
    }

    /// After a refusal, which means that nothing on the chain needs it.
    func forget(after error: ClientError) {
        guard error.code != "NETWORK", error.code != "TIMEOUT" else { return }
        try? FileManager.default.removeItem(atPath: path)
    }
}
