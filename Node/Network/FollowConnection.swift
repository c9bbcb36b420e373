internal import NIOCore
internal import NIOTLS
internal import Primitives

/// A connection over which this node follows: TLS, HELLO, then questions and answers, one after the other.
///
/// Whoever answers is believed to be nobody in particular: what it sends proves itself or is of no use. Confined to the
/// network's event loop.
final class FollowConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let limits: NetworkLimits
    private let chain: Digest
    private let hello: ByteBuffer
    private let processor: NIOSingleStepByteToMessageProcessor<FrameDecoder>
    private var context: ChannelHandlerContext?
    private var timer: Scheduled<Void>?
    private var greeted: EventLoopPromise<Void>?
    private var answer: EventLoopPromise<[UInt8]>?
    private var isSecured = false
    private var isGreeted = false

    /// - Parameter greeted: kept once the other side has said HELLO, broken if it never does.
    init(limits: NetworkLimits, chain: Digest, softwareVersion: String, greeted: EventLoopPromise<Void>) {
        self.limits = limits
        self.chain = chain
        self.greeted = greeted
        let greeting = Hello(chain: chain, index: nil, softwareVersion: softwareVersion)
        hello = FrameEncoder.encode(channel: ChannelByte.hello, payload: greeting.encoded)
        processor = NIOSingleStepByteToMessageProcessor(FrameDecoder(limits: limits.lanes, isFollowing: true))
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        schedule(after: limits.handshakeMilliseconds)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end(.refusedByPeer)
        self.context = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent {
            isSecured = true
            context.writeAndFlush(wrapOutboundOut(hello), promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// Asks, once the former question was answered.
    func ask(_ bytes: [UInt8], _ promise: EventLoopPromise<[UInt8]>) {
        guard isGreeted, answer == nil, let context else {
            return promise.fail(RefusedConnection(.refusedByPeer))
        }
        answer = promise
        schedule(after: limits.followMilliseconds)
        let frame = FrameEncoder.encode(channel: Lane.sync.rawValue, payload: bytes)
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            try processor.process(buffer: unwrapInboundIn(data)) { frame in
                switch frame {
                case .hello(let hello): try accept(hello)
                case .payload(_, let bytes): try accept(bytes)
                case .keepAlive: break
                }
            }
        } catch {
            abort((error as? RefusedConnection)?.reason ?? .frameMalformed)
        }
    }

    private func accept(_ hello: Hello) throws {
        if let refusal = hello.refusal(chain: chain) { throw RefusedConnection(refusal) }
        timer?.cancel()
        isGreeted = true
        greeted?.succeed()
        greeted = nil
    }

    private func accept(_ bytes: [UInt8]) throws {
        guard let answer else { throw RefusedConnection(.frameMalformed) }
        timer?.cancel()
        self.answer = nil
        answer.succeed(bytes)
    }

    /// With TLS 1.3 a refused certificate shows only after the own side has completed the handshake.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        abort(isSecured ? .refusedByPeer : Refusal(handshakeError: error))
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(.refusedByPeer)
        context.fireChannelInactive()
    }

    private func schedule(after milliseconds: Int64) {
        timer?.cancel()
        timer = context?.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(milliseconds)) {
            self.abort(.handshakeTimeout)
        }
    }

    func abort(_ reason: Refusal) {
        end(reason)
        context?.closePastTLS()
    }

    private func end(_ reason: Refusal) {
        timer?.cancel()
        greeted?.fail(RefusedConnection(reason))
        greeted = nil
        answer?.fail(RefusedConnection(reason))
        answer = nil
    }
}
