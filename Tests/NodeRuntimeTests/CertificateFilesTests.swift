import Foundation
import NodeRuntime
import PeerNetwork
import Primitives
import Testing

/// The TLS key in a home and the one that waits to take its place.
@Suite struct CertificateFilesTests {
    /// A home with a certificate, for the length of a body.
    private func withHome(_ body: (CertificateFiles, _ home: String, TLSMaterial) throws -> Void) async throws {
        let home = FileManager.default.temporaryDirectory.appending(path: "akashi-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: home + "/tls", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: home) }
        try "peers:\n  listen: 127.0.0.1:7200\n".write(
            toFile: home + "/" + NodeConfiguration.fileName,
            atomically: true,
            encoding: .utf8
        )
        let present = try TLSMaterial.generate(validator: 0)
        try present.write(certificatePath: home + "/tls/certificate.pem", keyPath: home + "/tls/key.pem")
        let configuration = try await NodeConfiguration.load(home: home, environment: [:])
        try body(CertificateFiles(configuration), home, present)
    }

    private func move(_ home: String, _ from: String, _ to: String) throws {
        try? FileManager.default.removeItem(atPath: home + to)
        try FileManager.default.moveItem(atPath: home + from, toPath: home + to)
    }

    @Test("a certificate waits until it is pinned, and then takes the place of the present one")
    func takesPlace() async throws {
        try await withHome { files, home, present in
            #expect(files.all().map(\.pin) == [present.pin])
            let next = try files.next()
            #expect(try files.next().pin == next.pin, "given again, it is the same")
            #expect(files.all().map(\.pin) == [present.pin, next.pin])
            let before = try files.material(for: [present.pin])
            #expect(before.isPinned && before.material.pin == present.pin)
            let stranger = try files.material(for: [.zero])
            #expect(!stranger.isPinned && stranger.material.pin == present.pin)
            let after = try files.material(for: [next.pin])
            #expect(after.isPinned && after.material.pin == next.pin)
            #expect(try files.present().pin == next.pin && files.all().count == 1)
            let mode = try FileManager.default.attributesOfItem(atPath: home + "/tls/key.pem")[.posixPermissions]
            #expect(mode as? Int == 0o600)
        }
    }

    @Test("a crash between the two renames is mended by the next start")
    func crash() async throws {
        try await withHome { files, home, _ in
            let next = try files.next()
            try move(home, "/tls/key.pem.next", "/tls/key.pem")
            #expect(try files.present().pin == next.pin)
            #expect(try files.material(for: [next.pin]).isPinned && files.all().count == 1)
        }
    }

    @Test("half of a pair that waits is made anew, and a key without its certificate is an error")
    func halves() async throws {
        try await withHome { files, home, present in
            let next = try files.next()
            try FileManager.default.removeItem(atPath: home + "/tls/certificate.pem.next")
            #expect(try files.material(for: [next.pin]).material.pin == present.pin)
            #expect(try files.next().pin != next.pin)
            try FileManager.default.removeItem(atPath: home + "/tls/certificate.pem")
            #expect(throws: (any Error).self) { try files.present() }
        }
    }
}
