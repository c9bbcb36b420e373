package import Ledger

extension World {
    /// The database of a host that is up, in runs with real ledgers.
    package func store(of host: Int) -> ChainStore? {
        hosts.indices.contains(host) ? hosts[host].disk?.opened?.store : nil
    }
}
