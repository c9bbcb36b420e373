internal import Ledger
internal import LedgerCrypto
internal import PeerNetwork
internal import Primitives

/// Whom a node may ask for blocks, and with which certificate: by turns, as a value.
///
/// The configured addresses come first, then those that the chain gives for the validators of the present epoch, then those
/// of the genesis: of all validators one that answers is enough.
struct FollowSources: Sendable {
    private let addresses: [NetworkAddress]
    private let files: CertificateFiles
    private let loaded: TLSMaterial

    /// - Parameter loaded: the certificate with which the node runs.
    init(_ configuration: NodeConfiguration, _ genesis: ValidatorSet, _ present: ValidatorSet, _ loaded: TLSMaterial) {
        var addresses: [NetworkAddress] = []
        let known = (present.validators + genesis.validators).filter { !$0.tlsPins.contains(loaded.pin) }
        for address in configuration.followAddresses
            + known.compactMap({ configuration.dialled($0.address, genesis: genesis) })
        where !addresses.contains(address) { addresses.append(address) }
        self.addresses = addresses
        files = CertificateFiles(configuration)
        self.loaded = loaded
    }

    /// A chain of one validator has nobody to ask.
    var isEmpty: Bool { addresses.isEmpty }

    /// All of them, for asking several at once.
    func forSnapshots(_ network: PeerNetwork) -> SnapshotJoin.Sources {
        SnapshotJoin.Sources(names: addresses.map { "\($0)" }) { index in
            let found = files.all()
            var refusal: (any Error)?
            for material in found.isEmpty ? [loaded] : found {
                do {
                    return try await network.follow(
                        host: addresses[index].host,
                        port: addresses[index].port,
                        material: material
                    )
                } catch { refusal = error }
            }
            throw refusal ?? CancellationError()
        }
    }

    /// - Parameter turn: counts up.
    /// - Returns: the address and certificate of this turn, and after how many turns all have had theirs. The certificates
    ///   are read each time: one that waits may be the one that the others know by now.
    func choices(turn: Int) -> (source: NetworkAddress, material: TLSMaterial, count: Int) {
        let found = files.all()
        let materials = found.isEmpty ? [loaded] : found
        let count = materials.count * addresses.count
        return (addresses[turn / materials.count % addresses.count], materials[turn % materials.count], count)
    }
}

extension NodeConfiguration {
    /// Where a validator is dialled whose address is this one on the chain: somewhere else where the configuration says so
    /// for the genesis' validator with that address.
    func dialled(_ address: String, genesis: ValidatorSet) -> NetworkAddress? {
        let index = genesis.validators.firstIndex { $0.address == address }
        if let index, peerAddresses.indices.contains(index) { return peerAddresses[index] }
        return NetworkAddress(address)
    }
}
