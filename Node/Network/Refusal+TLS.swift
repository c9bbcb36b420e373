internal import NIOSSL

extension Refusal {
    /// What a failed handshake was about. BoringSSL tells by text alone, so anything unexpected is `handshake`.
    init(handshakeError error: any Error) {
        guard case .handshakeFailed(let failure)? = error as? NIOSSLError, case .sslError(let stack) = failure else {
            self = .handshake
            return
        }
        let text = stack.map(\.description).joined(separator: " ")
        let known: [(marks: [String], reason: Refusal)] = [
            (["UNSUPPORTED_PROTOCOL", "ALERT_PROTOCOL_VERSION"], .tlsVersion),
            (["PEER_DID_NOT_RETURN_A_CERTIFICATE"], .noCertificate),
            (["ALERT_CERTIFICATE", "ALERT_BAD_CERTIFICATE", "ALERT_UNKNOWN_CA"], .refusedByPeer),
        ]
        self = known.first { entry in entry.marks.contains { text.contains($0) } }?.reason ?? .handshake
    }
}
