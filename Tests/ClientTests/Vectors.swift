/// The answers of another library (Python's `cryptography`) for key 00 01 … 1f and the content `akashi`:
/// chunk key = HKDF-SHA-256(key, no salt, info = CBOR ["akashi/chunk/1", 0]), chunk = ChaCha20-Poly1305(chunk key,
/// nonce 0, content, additional data = CBOR [0, 1]), key commitment = SHA-256 of CBOR
/// ["akashi/order-key-commitment/1", key], content root = SHA-256(00 ‖ content).
enum Vectors {
    static let chunk = "8197a903576054a9c97674563372fa250b96cb6f48fd"
    static let keyCommitment = "a85a9af95236c2c0096f5bb3671a62c63525004954d071bc6af5d713f2f555b6"
    static let contentRoot = "e8c412404f5907ff71691e49fd3a763769e428e9a60446370c0083d727bdd6df"
}
