import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import PeerNetwork
import Primitives
import Synchronization

/// A client that speaks to a network's port as a test wants: plain TCP or TLS, with any certificate, any HELLO, any bytes.
final class Rogue: Sendable {
    /// What came back so far.
    struct Heard: Sendable {
        var byteCount = 0
        /// Payloads by lane; only the newest, since tests make networks send a lot.
        var newest = PerLane { _ in [UInt8]() }
        var greeting: Hello?
        var keepAlives = 0
        var isClosed = false
    }

    private struct State {
        var heard = Heard()
        var waiters: [(condition: @Sendable (Heard) -> Bool, promise: EventLoopPromise<Void>)] = []
    }

    let channel: any Channel
    private let listener: Listener

    /// Everything that arrives, kept for the test; behind a lock, since the test reads it from another thread.
    private final class Listener: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        private let state = Mutex(State())
        private let decoder = Mutex(ByteBuffer())
        let answersKeepAlives = Mutex(true)

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var read = unwrapInboundIn(data)
            let byteCount = read.readableBytes
            let frames = decoder.withLock { held in
                held.writeBuffer(&read)
                var frames: [(channel: UInt8, payload: [UInt8])] = []
                while let length = held.getInteger(at: held.readerIndex, as: UInt32.self),
                    held.readableBytes >= 4 + Int(length), length > 0
                {
                    held.moveReaderIndex(forwardBy: 4)
                    let channel = held.readInteger(as: UInt8.self) ?? 0
                    frames.append((channel, held.readBytes(length: Int(length) - 1) ?? []))
                }
                held.discardReadBytes()
                return frames
            }
            if answersKeepAlives.withLock({ $0 }), frames.contains(where: { $0.channel == ChannelByte.keepAlive }) {
                let answer = FrameEncoder.encode(channel: ChannelByte.keepAlive, payload: [])
                context.writeAndFlush(NIOAny(answer), promise: nil)
            }
            update { heard in
                heard.byteCount += byteCount
                for (channel, payload) in frames {
                    if let lane = Lane(rawValue: channel) {
                        heard.newest[lane] = payload
                    } else if channel == ChannelByte.hello {
                        heard.greeting = try? Hello(decoding: payload)
                    } else {
                        heard.keepAlives += 1
                    }
                }
            }
        }

        func channelInactive(context: ChannelHandlerContext) { update { $0.isClosed = true } }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        func wait(_ promise: EventLoopPromise<Void>, _ condition: @escaping @Sendable (Heard) -> Bool) {
            state.withLock { $0.waiters.append((condition, promise)) }
            update { _ in }
        }

        var heard: Heard { state.withLock { $0.heard } }

        private func update(_ change: (inout Heard) -> Void) {
            let met = state.withLock { state in
                change(&state.heard)
                let met = state.waiters.filter { $0.condition(state.heard) }
                state.waiters.removeAll { $0.condition(state.heard) }
                return met
            }
            for waiter in met { waiter.promise.succeed() }
        }
    }

    private init(channel: any Channel, listener: Listener) {
        self.channel = channel
        self.listener = listener
    }

    /// Connects; with TLS if a configuration is given. The certificate of the network is not looked at.
    static func connect(to port: Int, tls: TLSConfiguration? = nil, reads: Bool = true) async throws -> Rogue {
        let listener = Listener()
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: reads)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(
                                context: context,
                                serverHostname: nil,
                                customVerificationCallback: { $1.succeed(.certificateVerified) }
                            )
                        )
                    }
                    try channel.pipeline.syncOperations.addHandler(listener)
                }
            }
            .connect(host: Validators.host, port: port)
            .get()
        return Rogue(channel: channel, listener: listener)
    }

    /// TLS as a validator with this certificate does it.
    static func configuration(_ material: TLSMaterial) throws -> TLSConfiguration {
        let directory = try TemporaryDirectory()
        try material.write(certificatePath: directory.file("certificate"), keyPath: directory.file("key"))
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .noHostnameVerification
        configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(directory.file("certificate"))
            .map { .certificate($0) }
        configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: directory.file("key"), format: .pem))
        return configuration
    }

    var heard: Heard { listener.heard }

    func send(_ bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }
    func send(_ hello: Hello) { send(Rogue.frame(ChannelByte.hello, hello.encoded)) }
    func stopAnsweringKeepAlives() { listener.answersKeepAlives.withLock { $0 = false } }
    func close() { channel.close(promise: nil) }

    static func frame(_ channel: UInt8, _ payload: [UInt8]) -> [UInt8] {
        Array(FrameEncoder.encode(channel: channel, payload: payload).readableBytesView)
    }

    /// Returns once the condition holds for what was heard; throws after a minute, which only a failure reaches.
    func wait(_ condition: @escaping @Sendable (Heard) -> Bool) async throws {
        let promise = channel.eventLoop.makePromise(of: Void.self)
        let timeout = channel.eventLoop.scheduleTask(in: .seconds(60)) {
            promise.fail(Observer.TimedOut(description: "the client heard \(self.heard.byteCount) bytes"))
        }
        listener.wait(promise, condition)
        try await promise.futureResult.get()
        timeout.cancel()
    }
}

/// A directory that goes with its last reference.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/akashi-network-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }
}
