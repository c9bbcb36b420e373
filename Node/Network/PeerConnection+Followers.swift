internal import NIOCore

/// A connection on which the other side only follows: it asks for certified blocks and says nothing else.
extension PeerConnection {
    /// The caller's HELLO named no validator.
    func greetFollower(_ identity: CertificateCheck.Identity, _ context: ChannelHandlerContext) {
        // Whom we called to link with is a validator, or of no use.
        guard expected == nil else { return refuse(.claimedIndex) }
        if let refusal = hub.admitFollower(self, identity) { return refuse(refusal) }
        phase = .serving(isAnswering: false)
        context.writeAndFlush(wrapOutboundOut(hub.hello), promise: nil)
        awaitQuestion()
    }

    /// A question: until it is answered nothing more is read, and a second one is out of turn.
    func asked(_ bytes: [UInt8], lane: Lane) {
        guard case .serving(false) = phase, lane == .sync else { return refuse(.frameMalformed) }
        phase = .serving(isAnswering: true)
        timer?.cancel()
        try? context?.channel.syncOptions?.setOption(.autoRead, value: false)
        hub.desk.asked(self, bytes)
    }

    /// Sends the answer; the next question is read once the kernel has taken all of it.
    func deliver(_ answer: [UInt8]?) {
        guard case .serving(true) = phase, let context else { return }
        guard let answer, answer.count <= hub.limits.lanes[.sync].frameByteCount else {
            return refuse(.frameMalformed)
        }
        schedule(after: hub.limits.followerIdleMilliseconds) { $0.abort(.followerSlow) }
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenSuccess {
            guard case .serving(true) = self.phase else { return }
            self.phase = .serving(isAnswering: false)
            try? self.context?.channel.syncOptions?.setOption(.autoRead, value: true)
            self.awaitQuestion()
        }
        let frame = FrameEncoder.encode(channel: Lane.sync.rawValue, payload: answer)
        context.writeAndFlush(wrapOutboundOut(frame), promise: written)
    }

    private func awaitQuestion() { schedule(after: hub.limits.followerIdleMilliseconds) { $0.abort(nil) } }
}
