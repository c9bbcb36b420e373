internal import Primitives

/// One person's key. Everything of the person is readable through it alone, so destroying it destroys everything,
/// in backups too.
struct SubjectKey {
    /// Wraps the keys of the person's records.
    let wrapping: SecretKey
    private let pseudonyms: SecretKey

    init(bytes: [UInt8]) {
        let root = SecretKey(bytes: bytes)
        wrapping = root.derived(for: "akashi/vault/subject/records")
        pseudonyms = root.derived(for: "akashi/vault/subject/pseudonyms")
    }

    /// A pseudo-random function of the context: the same in one context, and not to be linked across two by anybody
    /// without the key.
    func pseudonym(in context: Identifier) -> Digest {
        // HMAC-SHA-256 has 32 bytes, so the digest is always there.
        Digest(pseudonyms.code(over: context.bytes)) ?? .zero
    }
}
