internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// One connection, from TLS to HELLO to frames: the last handler of its pipeline, behind the TLS handler.
///
/// Confined to the network's event loop, as the hub is.
final class PeerConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase {
        /// The TLS handshake goes on.
        case securing
        /// The certificate says who the peer is; its HELLO is awaited.
        case greeting(CertificateCheck.Identity)
        /// The connection carries this link.
        case linked(PeerLink)
        /// The other side follows; while it is being answered nothing is read.
        case serving(isAnswering: Bool)
        case closed
    }

    let hub: PeerHub
    /// The validator that we called; nil if it called us.
    let expected: Int?
    private let processor: NIOSingleStepByteToMessageProcessor<FrameDecoder>
    var phase = Phase.securing
    private(set) var context: ChannelHandlerContext?
    /// What was wrong with the certificate, kept for when the handshake's failure surfaces.
    private var certificateRefusal: Refusal?
    private(set) var timer: Scheduled<Void>?
    private var lastReceived = NIODeadline.now()
    private var lastSent = NIODeadline.now()
    /// Taken from the link's queue and not written yet.
    private var unwritten = CircularBuffer<ByteBuffer>(initialCapacity: 4)
    /// Frames of the current read, handed over together.
    private var received: [PeerFrame] = []

    init(hub: PeerHub, expected: Int?) {
        self.hub = hub
        self.expected = expected
        processor = NIOSingleStepByteToMessageProcessor(FrameDecoder(limits: hub.limits.lanes))
    }

    // MARK: Securing

    /// Judges the certificate during the handshake, so that a stranger learns of it by a TLS alert and sends nothing more.
    func verify(_ certificates: [NIOSSLCertificate], promise: EventLoopPromise<NIOSSLVerificationResult>) {
        switch hub.identify(certificates.first, expected: expected) {
        case .success: promise.succeed(.certificateVerified)
        case .failure(let refusal):
            certificateRefusal = refusal.reason
            promise.succeed(.failed)
        }
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        schedule(after: hub.limits.handshakeMilliseconds) { $0.abort(.handshakeTimeout) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        // A connection that never became active ends without `channelInactive`.
        end(nil)
        self.context = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { handshakeCompleted(context) }
        context.fireUserInboundEventTriggered(event)
    }

    /// The certificate is judged again, on the connection itself: a resumed session would not have asked `verify`.
    private func handshakeCompleted(_ context: ChannelHandlerContext) {
        guard case .securing = phase else { return }
        let handler = try? context.pipeline.syncOperations.handler(type: NIOSSLHandler.self)
        guard handler?.tlsVersion == .tlsv13 else { return refuse(.tlsVersion) }
        switch hub.identify(handler?.peerCertificate, expected: expected) {
        case .success(let identity):
            phase = .greeting(identity)
            // Whoever called speaks first: a caller who says nothing is told nothing.
            if expected != nil { context.writeAndFlush(wrapOutboundOut(hub.hello), promise: nil) }
        case .failure(let refusal): refuse(refusal.reason)
        }
    }

    // MARK: Receiving

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastReceived = .now()
        do {
            try processor.process(buffer: unwrapInboundIn(data)) { frame in
                switch frame {
                case .hello(let hello): greeted(hello)
                case .keepAlive: break
                case .payload(let lane, let bytes): take(bytes, lane: lane)
                }
            }
        } catch {
            refuse((error as? RefusedConnection)?.reason ?? .frameMalformed)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { handOver() }

    private func handOver() {
        guard !received.isEmpty else { return }
        let frames = received
        received = []
        hub.events.received(frames)
    }

    private func greeted(_ hello: Hello) {
        // A frame behind a HELLO that was refused, in the same read.
        guard case .greeting(let identity) = phase, let context else { return }
        if let refusal = hello.refusal(chain: hub.chain, certificateOf: identity.index) { return refuse(refusal) }
        guard hello.index != nil, let index = identity.index else { return greetFollower(identity, context) }
        if expected == nil { context.writeAndFlush(wrapOutboundOut(hub.hello), promise: nil) }
        guard let link = hub.link(self, index, identity: identity, hello: hello, eventLoop: context.eventLoop) else {
            return refuse(.unknownCertificate)
        }
        phase = .linked(link)
        watch()
        updateReading()
    }

    private func take(_ bytes: [UInt8], lane: Lane) {
        if case .serving = phase { return asked(bytes, lane: lane) }
        guard case .linked(let link) = phase else { return }
        let byteCount = bytes.count + PeerFrame.overheadByteCount
        let pauses = link.charge(byteCount, lane: lane)
        let credit = InboundCredit(link: link, byteCount: byteCount)
        received.append(PeerFrame(peer: link.index, lane: lane, bytes: bytes, credit: credit))
        if pauses { updateReading() }
    }

    /// Reads or does not, as the peer's bound on unprocessed bytes says.
    func updateReading() {
        guard case .linked(let link) = phase, let context else { return }
        if !link.isPaused { lastReceived = .now() }
        try? context.channel.syncOptions?.setOption(.autoRead, value: !link.isPaused)
    }

    // MARK: Sending

    /// Writes what is queued as long as the kernel takes it, about `writeByteCount` bytes with each flush.
    func drain() {
        var rounds = 0
        while case .linked(let link) = phase, let context, context.channel.isWritable {
            guard rounds < 16 else {
                // Others on this event loop have their turn first.
                let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
                return context.eventLoop.execute { bound.value.drain() }
            }
            if unwritten.isEmpty { unwritten.append(contentsOf: link.nextBatch(byteCount: Self.writeByteCount)) }
            guard writeSome(context) else { return }
            rounds += 1
        }
    }

    /// A long frame goes out in pieces, because TLS encrypts all of a flush at once and keeps a buffer of that size.
    private func writeSome(_ context: ChannelHandlerContext) -> Bool {
        var left = Self.writeByteCount
        while left > 0, var buffer = unwritten.popFirst() {
            if buffer.readableBytes > left, let piece = buffer.readSlice(length: left) {
                unwritten.prepend(buffer)
                buffer = piece
            }
            left -= buffer.readableBytes
            context.write(wrapOutboundOut(buffer), promise: nil)
        }
        guard left < Self.writeByteCount else { return false }
        context.flush()
        lastSent = .now()
        return true
    }

    private static let writeByteCount = 64 << 10

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { drain() }
        context.fireChannelWritabilityChanged()
    }

    /// Keeps the link alive, and gives it up when the peer has fallen silent.
    private func watch() {
        let limits = hub.limits
        schedule(after: max(1, min(limits.keepAliveMilliseconds, limits.idleMilliseconds) / 2)) { connection in
            guard case .linked(let link) = connection.phase, let context = connection.context else { return }
            let now = NIODeadline.now()
            // Silence that we asked for by not reading is not the peer's.
            if !link.isPaused, now - connection.lastReceived >= .milliseconds(limits.idleMilliseconds) {
                connection.hub.counters.update { $0.linksIdle &+= 1 }
                return connection.abort(nil)
            }
            if now - connection.lastSent >= .milliseconds(limits.keepAliveMilliseconds), connection.unwritten.isEmpty {
                let frame = FrameEncoder.encode(channel: ChannelByte.keepAlive, payload: [])
                context.writeAndFlush(connection.wrapOutboundOut(frame), promise: nil)
                connection.lastSent = now
            }
            connection.watch()
        }
    }

    func schedule(after milliseconds: Int64, _ body: @escaping (PeerConnection) -> Void) {
        timer?.cancel()
        timer = context?.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(milliseconds)) { body(self) }
    }

    // MARK: The end

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch phase {
        case .securing: refuse(certificateRefusal ?? Refusal(handshakeError: error))
        case .greeting: refuse(.refusedByPeer)
        case .linked, .serving: close()
        case .closed: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        switch phase {
        case .securing: end(certificateRefusal ?? .handshake)
        case .greeting: end(.refusedByPeer)
        case .linked, .serving, .closed: end(nil)
        }
        context.fireChannelInactive()
    }

    /// Refuses the peer, with a TLS alert where there is TLS.
    func refuse(_ reason: Refusal) {
        end(reason)
        context?.close(promise: nil)
    }

    /// Closes in good order: what was written is sent, then TLS says good-bye.
    func close() {
        if case .linked = phase {
            drain()
            end(nil)
            context?.close(promise: nil)
        } else {
            abort(nil)
        }
    }

    /// Done once the connection's channel is closed.
    var closed: EventLoopFuture<Void>? { context?.channel.closeFuture }

    func abort(_ reason: Refusal?) {
        end(reason)
        context?.closePastTLS()
    }

    /// Leaves the phase, whichever it is, and tells the hub; only the first call does anything.
    private func end(_ reason: Refusal?) {
        if case .closed = phase { return }
        phase = .closed
        timer?.cancel()
        unwritten.removeAll()
        // What came before a good-bye in the same read still counts.
        handOver()
        hub.ended(self, reason: reason)
    }
}
