import Foundation
import PeerNetwork
import Testing

@Suite("Certificates")
struct TLSMaterialTests {
    @Test("A certificate and its key come back from their files, and only the owner may read the key")
    func files() throws {
        let directory = try TemporaryDirectory()
        let material = try TLSMaterial.generate(validator: 3)
        let paths = (certificate: directory.file("certificate.pem"), key: directory.file("key.pem"))
        try material.write(certificatePath: paths.certificate, keyPath: paths.key)
        #expect(try mode(of: paths.key) == 0o600)
        let loaded = try TLSMaterial.load(certificatePath: paths.certificate, keyPath: paths.key)
        #expect(loaded.pin == material.pin)
        #expect(loaded.notAfter == material.notAfter)
        #expect(loaded.notAfter - loaded.notBefore == 1826 * 86_400 + 300)
    }

    @Test("Existing keys are never replaced")
    func existing() throws {
        let directory = try TemporaryDirectory()
        let paths = (certificate: directory.file("certificate.pem"), key: directory.file("key.pem"))
        let material = try TLSMaterial.generate(validator: 0)
        try material.write(certificatePath: paths.certificate, keyPath: paths.key)
        let other = try TLSMaterial.generate(validator: 0)
        #expect(throws: NetworkError.self) { try other.write(certificatePath: paths.certificate, keyPath: paths.key) }
        #expect(try TLSMaterial.load(certificatePath: paths.certificate, keyPath: paths.key).pin == material.pin)
    }

    @Test(
        "A key that others may read, one that is missing, another certificate's and no PEM at all are refused with the path"
    )
    func refused() throws {
        let directory = try TemporaryDirectory()
        let paths = (certificate: directory.file("certificate.pem"), key: directory.file("key.pem"))
        try TLSMaterial.generate(validator: 0).write(certificatePath: paths.certificate, keyPath: paths.key)
        for mode in [0o640, 0o604, 0o644] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: paths.key)
            let error = #expect(throws: NetworkError.self) {
                try TLSMaterial.load(certificatePath: paths.certificate, keyPath: paths.key)
            }
            #expect(error?.description.hasPrefix(paths.key) == true)
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: paths.key)
        let other = (certificate: directory.file("other.pem"), key: directory.file("other.key"))
        try TLSMaterial.generate(validator: 0).write(certificatePath: other.certificate, keyPath: other.key)
        for (certificate, key) in [
            (paths.certificate, other.key), (other.certificate, paths.key), (paths.key, paths.key),
            (paths.certificate, directory.file("nowhere")), (directory.file("nowhere"), paths.key),
        ] {
            let error = #expect(throws: NetworkError.self) {
                try TLSMaterial.load(certificatePath: certificate, keyPath: key)
            }
            #expect(error?.description.contains(directory.path) == true)
        }
    }

    @Test("A renewed certificate keeps its pin, and a new key has another one")
    func renewal() throws {
        let material = try TLSMaterial.generate(validator: 1, days: 10)
        let renewed = try material.renewed(validator: 1, days: 400)
        #expect(renewed.pin == material.pin)
        #expect(renewed.certificatePEM != material.certificatePEM)
        #expect(renewed.notAfter > material.notAfter)
        #expect(try TLSMaterial.generate(validator: 1).pin != material.pin)
    }

    @Test("The private key is in no description", arguments: [0])
    func descriptions(index: Int) throws {
        let directory = try TemporaryDirectory()
        let material = try TLSMaterial.generate(validator: index)
        try material.write(certificatePath: directory.file("certificate.pem"), keyPath: directory.file("key.pem"))
        let key = try String(contentsOfFile: directory.file("key.pem"), encoding: .utf8)
        let secret = key.split(separator: "\n")[1]
        #expect(!"\(material)".contains(secret))
        #expect(!String(reflecting: material).contains(secret))
        var dumped = ""
        dump(material, to: &dumped)
        #expect(!dumped.contains(secret))
    }

    private func mode(of path: String) throws -> Int? {
        (try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?.intValue
    }
}
