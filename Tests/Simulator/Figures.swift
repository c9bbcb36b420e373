package import Consensus
import Primitives

/// What faulty primaries cost, over virtual time and with the parameters of a new chain: blocks that take as long as blocks
/// of a thousand transactions do, and batches and pools of a hundredth of their size.
package struct Figures {
    package enum Fault: String, CaseIterable, Sendable {
        case none = "none"
        case silent = "silent"
        /// Each proposal comes just before the view timer would run out.
        case slow = "slow to the edge"
        /// All that one validator admits is left out.
        case favourites = "favourites"
    }

    package struct Setting: Sendable {
        package var replicas = 4
        package var fault = Fault.none
        /// How many validators in a row are faulty.
        package var faulty = 1
        /// The pools are always full; otherwise each validator admits a transaction every other second.
        package var isLoaded = false
        package var heights: UInt64 = 2000
        package var rules = SafetyRules()

        package init() {}
    }

    package struct Outcome: Sendable {
        package var seconds = 0.0
        package var transactions = 0
        /// The longest time without a certified block.
        package var gap = 0.0
        package var views: UInt64 = 0
        /// The longest that a transaction waited, in sequences and in seconds, of all and of the one left out.
        package var wait: UInt64 = 0
        package var waitSeconds = 0.0
        package var violation: String?

        package var rate: Double { seconds > 0 ? Double(transactions) / seconds : 0 }
    }

    private struct Pending {
        let id: UInt64
        let height: UInt64
        let time: UInt64
    }

    private let setting: Setting
    private let world: World
    private var pending: [Pending] = []
    private var nextID: UInt64 = 0
    private var outcome = Outcome()

    private static let batch = 10
    private static let executionTime: UInt64 = 100
    private static let pace: UInt64 = 3900

    package init(_ setting: Setting) {
        self.setting = setting
        var options = Options()
        options.replicas = setting.replicas
        options.window = 16
        options.turn = 64
        options.isCalm = true
        options.usesProductionTimers = true
        options.rules = setting.rules
        options.adjust = { configuration in
            configuration.batchLimit = Figures.batch
            configuration.exclusion = 64
            configuration.heartbeat = 1000
            configuration.viewTimeout = 4000
            configuration.viewTimeoutCap = 60_000
            configuration.repetition = 1000
            configuration.drift = 10_000
        }
        world = World(seed: 1, options: options)
        world.network.latency = 5...5
        for host in world.hosts {
            host.syncTime = 2
            host.executionTime = setting.isLoaded ? Figures.executionTime : 1
            host.pool.capacity = 16_384 * Figures.batch / 1000
        }
    }

    /// Those behind the first turn.
    private var faulty: [Host] { setting.fault == .none ? [] : Array(world.hosts[1...setting.faulty]) }

    /// The one that favourites leave out.
    private var victim: Host { world.hosts[0] }

    package mutating func run() -> Outcome {
        let victim = victim.id
        for host in faulty {
            switch setting.fault {
            case .none: break
            case .silent: break
            case .slow: host.pace = Figures.pace
            case .favourites: host.overlooks = { _, share in share == victim || share == nil }
            }
        }
        let silent = setting.fault == .silent ? faulty.map(\.id) : []
        for host in world.hosts where !silent.contains(host.id) { host.start() }
        var top: UInt64 = 0
        var changed = world.now
        while top < setting.heights, world.checker.violation == nil, world.now < 400_000_000 {
            submit()
            world.run(until: world.now + 50)
            let certified = world.checker.finalTop.number
            if certified > top {
                outcome.gap = max(outcome.gap, Double(world.now - changed) / 1000)
                top = certified
                changed = world.now
            }
            settle(top)
        }
        outcome.seconds = Double(world.now) / 1000
        outcome.views = world.hosts.compactMap { $0.replica?.view.number }.max() ?? 0
        outcome.transactions = world.heights.count
        outcome.violation = world.checker.violation
        return outcome
    }

    private mutating func submit() {
        for host in world.hosts where host.isUp {
            guard setting.isLoaded else {
                if world.now / 50 % 40 == UInt64(host.id.index % 40) { admit(to: host) }
                continue
            }
            while admit(to: host) {}
        }
    }

    @discardableResult
    private mutating func admit(to host: Host) -> Bool {
        let reference = Transactions.reference(id: nextID + 1, encoding: 0)
        guard host.admit(reference) else { return false }
        nextID += 1
        host.hold([reference])
        world.broadcast(.gossip([reference]), from: host.id)
        let top = world.checker.finalTop.number
        if host.id == victim.id { pending.append(Pending(id: nextID, height: top, time: world.now)) }
        return true
    }

    /// How long what the victim admitted waits.
    private mutating func settle(_ top: UInt64) {
        pending.removeAll { entry in
            guard let height = world.heights[entry.id]?.number else { return false }
            outcome.wait = max(outcome.wait, height - min(height, entry.height))
            outcome.waitSeconds = max(outcome.waitSeconds, Double(world.now - entry.time) / 1000)
            return true
        }
    }
}
