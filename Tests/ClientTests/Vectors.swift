/// The answers of another library (Python's `cryptography`) for key 00 01 … 1f and the content `akashi`:
/// chunk key = HKDF-SHA-256(key, no salt, info = CBOR ["akashi/chunk/1", 0]), chunk = ChaCha20-Poly1305(chunk key,
/// nonce 0, content, additional data = CBOR [0, 1]), content root = SHA-256(00 ‖ content).
enum Vectors {
    static let chunk = "8197a903576054a9c97674563372fa250b96cb6f48fd"
    static let contentRoot = "e8c412404f5907ff71691e49fd3a763769e428e9a60446370c0083d727bdd6df"
}
