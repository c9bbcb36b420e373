internal import LedgerCrypto

internal import struct Crypto.HKDF
internal import struct Crypto.HMAC
internal import struct Crypto.SHA256
internal import struct Crypto.SymmetricKey

/// A 32-byte key. It prints nothing of itself, and its memory is cleared when it goes.
struct SecretKey: Sendable, CustomStringConvertible {
    static let byteCount = 32

    let symmetric: SymmetricKey

    init(bytes: [UInt8]) { symmetric = SymmetricKey(data: bytes) }

    private init(_ symmetric: SymmetricKey) { self.symmetric = symmetric }

    static func generate() -> [UInt8] { randomBytes(count: byteCount) }

    /// One key per use: HKDF-SHA-256 with the use as its info.
    func derived(for use: String) -> SecretKey {
        SecretKey(HKDF<SHA256>.deriveKey(inputKeyMaterial: symmetric, info: Array(use.utf8), outputByteCount: 32))
    }

    /// HMAC-SHA-256, 32 bytes: authenticates, and serves as a pseudo-random function.
    func code(over bytes: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: bytes, using: symmetric))
    }

    var description: String { "SecretKey" }
}
