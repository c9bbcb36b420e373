import Foundation
import SeededRandom

/// Something that goes wrong in a network of processes, and how it ends.
enum NetworkFault: Sendable, CustomStringConvertible {
    case partition([[Int]])
    /// Nobody hears this validator, which hears the others.
    case mute(Int)
    /// This validator hears nobody, but is heard.
    case deaf(Int)
    case oneWay(from: Int, to: Int)
    case slow(milliseconds: Int, loss: Int)
    case killed([Int])
    case paused(Int)
    /// Restarted with a wrong clock, in milliseconds.
    case skewed(Int, Int)

    var description: String {
        switch self {
        case .partition(let groups): "partition \(groups)"
        case .mute(let index): "mute \(index)"
        case .deaf(let index): "deaf \(index)"
        case .oneWay(let from, let to): "cut \(from) > \(to)"
        case .slow(let milliseconds, let loss): "slow by \(milliseconds) ms, \(loss) of 100 packets lost"
        case .killed(let indexes): "kill \(indexes)"
        case .paused(let index): "pause \(index)"
        case .skewed(let index, let milliseconds): "clock of \(index) wrong by \(milliseconds) ms"
        }
    }

    /// Draws one, for validators of which one is the primary now.
    static func random(validators count: Int, primary: Int, using random: inout SplitMix64) -> NetworkFault {
        let everybody = Array(0..<count)
        let one = Int.random(in: everybody.indices, using: &random)
        let other = (one + Int.random(in: 1..<count, using: &random)) % count
        switch Int.random(in: 0..<12, using: &random) {
        case 0:
            let shuffled = everybody.shuffled(using: &random)
            return .partition([Array(shuffled[..<(count / 2)]), Array(shuffled[(count / 2)...])])
        case 1: return .partition([[primary], everybody.filter { $0 != primary }])
        case 2: return .mute(primary)
        case 3: return .deaf(one)
        case 4: return .oneWay(from: one, to: other)
        case 5:
            return .slow(
                milliseconds: Int.random(in: 5...60, using: &random),
                loss: Int.random(in: 0...5, using: &random)
            )
        case 6: return .killed([primary])
        case 7: return .killed([one, other])
        case 8: return .killed(everybody)
        case 9: return .paused(primary)
        case 10: return .paused(one)
        default: return .skewed(one, Int.random(in: -30_000...30_000, using: &random))
        }
    }
}

extension TestNetwork {
    func begin(_ fault: NetworkFault) throws {
        let everybody = validators.map(\.index)
        switch fault {
        case .partition(let groups): try links?.tell(.partition(groups))
        case .mute(let index):
            for other in everybody where other != index { try links?.tell(.cut(from: index, to: other)) }
        case .deaf(let index):
            for other in everybody where other != index { try links?.tell(.cut(from: other, to: index)) }
        case .oneWay(let from, let to): try links?.tell(.cut(from: from, to: to))
        case .slow(let milliseconds, let loss): try links?.tell(.slow(milliseconds: milliseconds, loss: loss))
        case .killed(let indexes): for index in indexes { validators[index].kill() }
        case .paused(let index): validators[index].pause()
        case .skewed(let index, let milliseconds):
            validators[index].kill()
            try validators[index].start(settings: ["AKASHI_CLOCK_OFFSET_MILLISECONDS": "\(milliseconds)"])
        }
    }

    func end(_ fault: NetworkFault) throws {
        switch fault {
        case .partition, .mute, .deaf, .oneWay, .slow: try links?.tell(.heal)
        case .killed(let indexes): for index in indexes { try validators[index].start() }
        case .paused(let index): validators[index].resume()
        case .skewed(let index, _):
            validators[index].kill()
            try validators[index].start()
        }
    }

    /// Waits until every validator certifies blocks that none of them had.
    func waitProgress() async throws {
        let everybody = validators.map(\.index)
        try await waitReady(everybody)
        try await waitCertified(await certified(on: everybody) + 5, on: everybody)
    }
}
