internal import NIOCore
internal import NIOSSL
internal import Primitives

/// The TLS settings of both sides: 1.3 only, a certificate from either, judged by `PeerConnection.verify` alone.
struct TransportSecurity {
    private let server: NIOSSLContext
    private let client: NIOSSLContext

    init(_ material: TLSMaterial) throws {
        // `makeServerConfiguration` would ask for no certificate; this one does. No trust roots: the pins decide.
        var server = TLSConfiguration.makeServerConfigurationWithMTLS(
            certificateChain: [.certificate(material.certificate)],
            privateKey: .privateKey(material.privateKey),
            trustRoots: .certificates([])
        )
        server.minimumTLSVersion = .tlsv13
        server.maximumTLSVersion = .tlsv13
        server.shutdownTimeout = TransportSecurity.shutdownTimeout
        var client = TLSConfiguration.makeClientConfiguration()
        client.certificateChain = [.certificate(material.certificate)]
        client.privateKey = .privateKey(material.privateKey)
        client.trustRoots = .certificates([])
        client.certificateVerification = .noHostnameVerification
        client.minimumTLSVersion = .tlsv13
        client.maximumTLSVersion = .tlsv13
        client.shutdownTimeout = TransportSecurity.shutdownTimeout
        self.server = try NIOSSLContext(configuration: server)
        self.client = try NIOSSLContext(configuration: client)
    }

    /// How long a closing connection waits for the peer's good-bye.
    private static let shutdownTimeout = TimeAmount.milliseconds(500)

    /// Puts TLS and the connection into a new channel's pipeline; on its event loop.
    func install(_ connection: PeerConnection, in channel: any Channel) throws {
        let pipeline = channel.pipeline.syncOperations
        if connection.expected == nil {
            try pipeline.addHandler(
                NIOSSLServerHandler(context: server, customVerificationCallback: { connection.verify($0, promise: $1) })
            )
        } else {
            try pipeline.addHandler(
                NIOSSLClientHandler(
                    context: client,
                    serverHostname: nil,
                    customVerificationCallback: { connection.verify($0, promise: $1) }
                )
            )
        }
        try pipeline.addHandler(connection)
    }

    /// The same for a connection over which this node follows. Who answers may have any certificate but our own: an address
    /// can lead back to this node.
    func install(_ connection: FollowConnection, own pin: Digest, in channel: any Channel) throws {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(
            NIOSSLClientHandler(
                context: client,
                serverHostname: nil,
                customVerificationCallback: { certificates, promise in
                    let shown = certificates.first.flatMap { CertificateCheck.pin(of: $0) }
                    promise.succeed(shown == nil || shown == pin ? .failed : .certificateVerified)
                }
            )
        )
        try pipeline.addHandler(connection)
    }
}

extension ChannelHandlerContext {
    /// Closes at once, past the TLS handler, which would wait for a peer that does not answer.
    func closePastTLS() {
        if let tls = try? pipeline.syncOperations.context(handlerType: NIOSSLHandler.self) {
            tls.close(promise: nil)
        } else {
            close(promise: nil)
        }
    }
}
