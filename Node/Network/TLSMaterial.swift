internal import Crypto
internal import FoundationEssentials
internal import NIOSSL
package import Primitives
internal import SwiftASN1
internal import X509

/// A validator's certificate with its private key, and the pin by which the others know it.
///
/// The certificates are self-signed: the genesis (later the chain's governance) says whose they are, by the SHA-256 of the
/// SubjectPublicKeyInfo. A certificate can thus be renewed for the same key without telling anybody.
package struct TLSMaterial: Sendable {
    package let pin: Primitives.Digest
    /// Validity, in seconds since 1970.
    package let notBefore: Int64
    package let notAfter: Int64
    package let certificatePEM: String
    /// The private key, PKCS #8. Never logged; written by `write` alone.
    let privateKeyPEM: String
    let certificate: NIOSSLCertificate
    let privateKey: NIOSSLPrivateKey

    /// Reads a certificate and the P-256 key that belongs to it.
    package init(certificatePEM: String, privateKeyPEM: String) throws(NetworkError) {
        guard let certificate = try? NIOSSLCertificate.fromPEMBytes(Array(certificatePEM.utf8)).first,
            let publicKey = try? certificate.extractPublicKey().toSPKIBytes()
        else { throw NetworkError("there is no X.509 certificate in PEM") }
        guard let key = try? P256.Signing.PrivateKey(pemRepresentation: privateKeyPEM),
            let privateKey = try? NIOSSLPrivateKey(bytes: Array(privateKeyPEM.utf8), format: .pem)
        else { throw NetworkError("there is no P-256 private key in PEM") }
        guard Array(key.publicKey.derRepresentation) == publicKey else {
            throw NetworkError("the private key does not belong to the certificate")
        }
        self.certificatePEM = certificatePEM
        self.privateKeyPEM = privateKeyPEM
        self.certificate = certificate
        self.privateKey = privateKey
        pin = TLSMaterial.pin(ofPublicKey: publicKey)
        notBefore = Int64(certificate.notValidBefore)
        notAfter = Int64(certificate.notValidAfter)
    }

    /// Makes a key and a self-signed certificate for validator `index`, valid from five minutes ago, because clocks differ.
    package static func generate(validator index: Int, days: Int = 1826) throws -> TLSMaterial {
        let now = CertificateCheck.now()
        return try generate(validator: index, notBefore: now - 300, notAfter: now + Int64(days) * 86_400)
    }

    /// The same with a validity of one's own, in seconds since 1970.
    package static func generate(validator index: Int, notBefore: Int64, notAfter: Int64) throws -> TLSMaterial {
        try generate(
            validator: index,
            from: Date(timeIntervalSince1970: Double(notBefore)),
            to: Date(timeIntervalSince1970: Double(notAfter))
        )
    }

    /// Renews the certificate for the same key, so that the pin stays.
    package func renewed(validator index: Int, days: Int = 1826) throws -> TLSMaterial {
        let now = Date()
        return try TLSMaterial.generate(
            validator: index,
            key: P256.Signing.PrivateKey(pemRepresentation: privateKeyPEM),
            from: now.addingTimeInterval(-300),
            to: now.addingTimeInterval(Double(days) * 86_400)
        )
    }

    private static func generate(
        validator index: Int,
        key: P256.Signing.PrivateKey = P256.Signing.PrivateKey(),
        from start: Date,
        to end: Date
    ) throws -> TLSMaterial {
        let name = "validator-\(index)"
        let subject = try DistinguishedName { CommonName(name) }
        let certificate = try X509.Certificate(
            version: .v3,
            serialNumber: X509.Certificate.SerialNumber(),
            publicKey: .init(key.publicKey),
            notValidBefore: start,
            notValidAfter: end,
            issuer: subject,
            subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: X509.Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth, .clientAuth])
                SubjectAlternativeNames([.dnsName(name)])
            },
            issuerPrivateKey: .init(key)
        )
        return try TLSMaterial(
            certificatePEM: certificate.serializeAsPEM().pemString + "\n",
            privateKeyPEM: key.pemRepresentation + "\n"
        )
    }

    /// The pin of a SubjectPublicKeyInfo in DER.
    static func pin(ofPublicKey bytes: [UInt8]) -> Primitives.Digest {
        // SHA-256 has 32 bytes, so zero, which is nobody's pin, is never taken.
        Primitives.Digest(Array(SHA256.hash(data: bytes))) ?? .zero
    }
}

// However a configuration ends up in a log, the private key does not.
extension TLSMaterial: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "certificate with pin \(pin.hex)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["pin": pin.hex]) }
}
