internal import FoundationEssentials
internal import NIOSSL
internal import Primitives

/// Decides whose certificate a peer showed: by its pinned key and its validity, and by nothing else.
struct CertificateCheck: Sendable {
    /// A certificate that passed.
    struct Identity: Equatable, Sendable {
        let pin: Digest
        /// The validator that it belongs to.
        let index: Int?
        /// The organisation for whose machine it may follow the chain.
        let organisation: Identifier?
        let notAfter: Int64
    }

    /// Which validator each pin belongs to.
    let owners: [Digest: Int]
    /// Whose machines may follow (protocol, epochs rule 6).
    var followers: [Digest: Identifier]

    init(peers: [PeerEndpoint], followers: [Digest: Identifier]) {
        self.followers = followers
        var owners: [Digest: Int] = [:]
        for peer in peers {
            for pin in peer.pins { owners[pin] = peer.index }
        }
        self.owners = owners
    }

    /// - Parameters:
    ///   - expected: the validator that was called; nil for whoever called us.
    ///   - time: now, in seconds since 1970.
    func identify(
        _ certificate: NIOSSLCertificate?,
        expected: Int?,
        time: Int64
    ) -> Result<Identity, RefusedConnection> {
        guard let certificate else { return .failure(RefusedConnection(.noCertificate)) }
        guard let pin = CertificateCheck.pin(of: certificate) else {
            return .failure(RefusedConnection(.unknownCertificate))
        }
        let index = owners[pin]
        // Who was called is a validator; only who calls may be a follower.
        let organisation = expected == nil ? followers[pin] : nil
        guard index != nil || organisation != nil else { return .failure(RefusedConnection(.unknownCertificate)) }
        guard expected == nil || expected == index else { return .failure(RefusedConnection(.wrongCertificate)) }
        guard time >= Int64(certificate.notValidBefore) else {
            return .failure(RefusedConnection(.certificateNotYetValid))
        }
        let notAfter = Int64(certificate.notValidAfter)
        guard time <= notAfter else { return .failure(RefusedConnection(.certificateExpired)) }
        return .success(Identity(pin: pin, index: index, organisation: organisation, notAfter: notAfter))
    }

    static func pin(of certificate: NIOSSLCertificate) -> Digest? {
        (try? certificate.extractPublicKey().toSPKIBytes()).map { TLSMaterial.pin(ofPublicKey: $0) }
    }

    /// Seconds since 1970.
    static func now() -> Int64 { Int64(Date().timeIntervalSince1970) }
}

/// A connection that is refused, as an error in its pipeline.
package struct RefusedConnection: Error, Equatable {
    package let reason: Refusal
    init(_ reason: Refusal) { self.reason = reason }
}
