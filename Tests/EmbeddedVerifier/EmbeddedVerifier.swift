import AkashiVerifier
import Glibc

/// The smallest program that checks a proof file: `embedded-verifier GENESIS FILE`. docs/proofs.md shows it.
@main struct EmbeddedVerifier {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let genesis = bytes(of: arguments[1]), let proof = bytes(of: arguments[2]) else {
            print("usage: embedded-verifier GENESIS FILE")
            exit(2)
        }
        do throws(VerificationError) {
            let statement = try Verifier(genesis: genesis).verify(proof)
            print("verified: \(statement.content.kind) at height \(statement.height)")
        } catch {
            print("refused by the check of the \(error.check): \(error.explanation)")
            exit(1)
        }
    }

    private static func bytes(of path: String) -> [UInt8]? {
        guard let file = unsafe fopen(path, "rb") else { return nil }
        defer { unsafe fclose(file) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= Verifier.greatestProofByteCount {
            let count = unsafe fread(&part, 1, part.count, file)
            guard count > 0 else { break }
            bytes += part[..<count]
        }
        return bytes
    }
}
