internal import FoundationEssentials
internal import Glibc
internal import Ledger
package import PeerNetwork
package import Primitives

/// The TLS keys in a home, each with its certificate: the present one, and one that waits until the chain pins it.
package struct CertificateFiles {
    private let certificate: String
    private let key: String
    private var nextCertificate: String { certificate + ".next" }
    private var nextKey: String { key + ".next" }

    package init(_ configuration: NodeConfiguration) {
        certificate = configuration.certificatePath
        key = configuration.certificateKeyPath
    }

    package func present() throws -> TLSMaterial {
        do {
            return try TLSMaterial.load(certificatePath: certificate, keyPath: key)
        } catch {
            // A crash between the two renames left the new key beside the old certificate.
            guard !exists(nextKey), let new = try? TLSMaterial.load(certificatePath: nextCertificate, keyPath: key)
            else { throw error }
            try move(nextCertificate, to: certificate)
            return new
        }
    }

    /// The one that waits; made now if there is none.
    package func next() throws -> TLSMaterial {
        if let waiting = try waiting() { return waiting }
        // Half of a pair was never pinned: both are written before the chain hears of them.
        for path in [nextKey, nextCertificate] { try? FileManager.default.removeItem(atPath: path) }
        try TLSMaterial.generate(validator: 0).write(certificatePath: nextCertificate, keyPath: nextKey)
        return try TLSMaterial.load(certificatePath: nextCertificate, keyPath: nextKey)
    }

    /// All that can be used, the present one first.
    package func all() -> [TLSMaterial] { [try? present(), try? waiting()].compactMap(\.self) }

    /// The one that these pins name, or the present one where they name none. One that waited becomes the present one.
    package func material(for pins: [Digest]) throws -> (material: TLSMaterial, isPinned: Bool) {
        let present = try present()
        if pins.contains(present.pin) { return (present, true) }
        guard let waiting = try waiting(), pins.contains(waiting.pin) else { return (present, false) }
        // The key first: it can be told by what lies beside it, whether the certificate followed.
        try move(nextKey, to: key)
        try move(nextCertificate, to: certificate)
        return (waiting, true)
    }

    private func waiting() throws -> TLSMaterial? {
        guard exists(nextKey), exists(nextCertificate) else { return nil }
        return try TLSMaterial.load(certificatePath: nextCertificate, keyPath: nextKey)
    }

    private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    private func move(_ from: String, to: String) throws {
        guard unsafe rename(from, to) == 0 else {
            throw ConfigurationError("\(from): cannot take the place of \(to): error \(errno)")
        }
    }
}
