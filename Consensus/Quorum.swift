/// The thresholds that follow from the number of replicas.
///
/// At most `f = ⌊(n − 1) / 3⌋` of n replicas may be faulty, and any two quorums of `⌊(n + f) / 2⌋ + 1` meet in a
/// correct one, for every n; "2f + 1" has this property only where n = 3f + 1.
package struct Quorum: Hashable, Sendable {
    package let replicas: Int

    package var faults: Int { (replicas - 1) / 3 }
    package var size: Int { (replicas + faults) / 2 + 1 }

    package init(replicas: Int) {
        precondition(replicas >= 1, "a quorum needs a replica")
        self.replicas = replicas
    }
}
