import Consensus
import Primitives

// Machines that lose what they knew (rule 20).
extension Host {
    /// A later key has a higher number.
    func isTrusted(_ key: ReplicaID) -> Bool {
        [silencedKey, store.disowned].allSatisfy { $0.map { key > $0 } ?? true }
    }

    /// Whether the replica is a validator that votes for nothing, until it has another key.
    var isSilenced: Bool { members.index(of: id).flatMap { members.member($0)?.key }.map { !isTrusted($0) } ?? false }

    /// A disk that was replaced: nothing is left. What was voted for in the epochs so far is not known any more, so no key
    /// of theirs is ever used again (rule 20).
    package func wipe() {
        world.crash(self, losing: true)
        silencedKey = latestKey
        isDamaged = false
        guard let disk else { return store = Store(world.charter) }
        do { try disk.wipe() } catch { stop("\(error)") }
    }

    /// All of a machine, at any moment while it runs: what its disk holds, and what lies beside its key. A part of what was
    /// not synced may be missing.
    package struct Image {
        fileprivate var store: Store
        fileprivate let silencedKey: ReplicaID?
        fileprivate let latestKey: ReplicaID?
    }

    package func makeImage(losing: Bool) -> Image {
        var image = Image(store: store, silencedKey: silencedKey, latestKey: latestKey)
        image.store.crash(losing: losing, mutations: [], random: &world.random)
        return image
    }

    /// Nothing of the machine is left but the image: it cannot tell that it ever was any further.
    package func restore(_ image: Image) {
        world.crash(self, losing: true)
        store = image.store
        silencedKey = image.silencedKey
        latestKey = image.latestKey
        hasOtherJournal = true
        lastKeyAtRestore = lastKeyUsed
        world.note("\(id.index) is restored to h\(store.chain.height.number)")
    }
}
