import Benchmark
import NIOCore
import PeerNetwork
import Primitives

/// Frames between validators, of twenty transactions each.
func frameStages() throws {
    let payload = [UInt8](repeating: 0x5A, count: 20 * 289)
    stage("encode a frame of 20 transactions", repetitions: 1000) {
        payload
    } _: { payload, _ in
        blackHole(FrameEncoder.encode(channel: Lane.transactions.rawValue, payload: payload))
    }
    let hello = Hello(chain: .zero, index: 1, softwareVersion: "benchmark").encoded
    let opening = FrameEncoder.encode(channel: ChannelByte.hello, payload: hello)
    let frame = FrameEncoder.encode(channel: Lane.transactions.rawValue, payload: payload)
    stage("decode a frame of 20 transactions", repetitions: 1000) {
        var decoder = FrameDecoder(limits: NetworkLimits.standard.lanes)
        var buffer = opening
        guard case .hello = try decoder.decode(buffer: &buffer) else { throw Failure() }
        return decoder
    } _: { decoder, _ in
        var buffer = frame
        guard case .payload = try decoder.decode(buffer: &buffer) else { throw Failure() }
    }
}
