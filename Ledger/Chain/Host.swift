internal import ContractKit
internal import LedgerCrypto

/// What contracts are given while a block executes.
enum Host {
    static func functions(of world: WorldState) -> HostFunctions {
        HostFunctions(
            read: { world.read($0) },
            scan: { from, to, limit in world.scan(from: from, to: to, limit: limit) },
            sha256: { SHA256Function.digest(of: $0) },
            verify: { key, signature, digest in VerificationKey(key)?.verify(signature, over: digest) ?? false }
        )
    }
}
