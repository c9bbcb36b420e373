internal import FoundationEssentials
internal import Glibc
internal import Ledger
package import LedgerCrypto
internal import Logging
internal import PeerNetwork
internal import Primitives

/// Which validator of an epoch this home is, by its consensus key, and whether that key may vote. A home without a key
/// among the validators, or without the certificate that is pinned for it, has no seat: its node is an observer.
///
/// A new key waits in a file beside the present one until the chain has it: from the boundary on it is the one among the
/// validators and takes the present one's place. Retired keys are kept, to follow the epochs that knew them, and never vote.
package struct Seat {
    /// Nil for an observer.
    let index: Int?
    let key: PrivateKey
    let mayVote: Bool
    let material: TLSMaterial

    init(in epoch: EpochRecord, _ configuration: NodeConfiguration, _ store: ChainStore, _ logger: Logger) throws {
        let files = KeyFiles(configuration)
        let certificates = CertificateFiles(configuration)
        guard let (key, index) = try files.key(among: epoch.validators) else {
            if epoch.number == 0, let claimed = configuration.validatorIndex {
                throw ConfigurationError(
                    "validator.index: \(files.present) is not the key of validator \(claimed) in the genesis, nor of another"
                )
            }
            self.index = nil
            self.key = try files.presentKey()
            mayVote = false
            material = try certificates.present()
            logger.notice("observer: this home holds no key of the epoch", metadata: ["epoch": "\(epoch.number)"])
            return
        }
        if epoch.number == 0, let claimed = configuration.validatorIndex, claimed != index {
            throw ConfigurationError(
                "validator.index: the key is that of validator \(index) in the genesis, not \(claimed)"
            )
        }
        self.key = key
        let (material, isPinned) = try certificates.material(for: epoch.validators.validators[index].tlsPins)
        self.material = material
        guard isPinned else {
            self.index = nil
            mayVote = false
            logger.error(
                "observer: the certificate is not pinned to this home's validator in the epoch",
                metadata: ["epoch": "\(epoch.number)", "validator": "\(index)", "pin": "\(material.pin.hex)"]
            )
            return
        }
        self.index = index
        guard try !files.isRetired(key) else {
            mayVote = false
            return
        }
        mayVote = try JournalIdentity.check(store.database, of: key, keyPath: files.present) == .own
        guard !mayVote else { return }
        logger.critical(
            """
            this key has voted with another journal than the one in \(configuration.dataPath): it was restored, replaced or \
            wiped. The validator only follows, until it has a new consensus key
            """
        )
    }
}

/// The consensus keys in a home: the present one, the one that waits to follow it, and those that it followed on.
package struct KeyFiles {
    let present: String
    private var next: String { present + ".next" }

    package init(_ configuration: NodeConfiguration) { present = configuration.consensusKeyPath }

    package func presentKey() throws -> PrivateKey { try KeyFile.load(present) }

    /// The key that waits; made now if there is none.
    package func nextKey() throws -> PrivateKey {
        if !KeyFile.exists(next) { try KeyFile.create(PrivateKey.generate(), at: next) }
        return try KeyFile.load(next)
    }

    /// The key that is among these validators. The one that waited becomes the present one.
    func key(among validators: ValidatorSet) throws -> (PrivateKey, index: Int)? {
        let own = try presentKey()
        if let index = validators.index(of: own.publicKey) { return (own, index) }
        if KeyFile.exists(next) {
            let key = try KeyFile.load(next)
            if let index = validators.index(of: key.publicKey) {
                try promote(retiring: own)
                return (key, index)
            }
        }
        for path in try retired() {
            let key = try KeyFile.load(path)
            if let index = validators.index(of: key.publicKey) { return (key, index) }
        }
        return nil
    }

    func isRetired(_ key: PrivateKey) throws -> Bool {
        try retired().contains { try KeyFile.load($0).publicKey == key.publicKey }
    }

    /// The old key is safe under its retired name before the new one takes its place.
    private func promote(retiring old: PrivateKey) throws {
        let path = "\(present).retired-\(Hex.encode(old.publicKey.bytes).prefix(16))"
        if !KeyFile.exists(path) { try KeyFile.create(old, at: path) }
        guard unsafe rename(next, present) == 0 else {
            throw ConfigurationError("\(next): cannot take the place of \(present): error \(errno)")
        }
    }

    private func retired() throws -> [String] {
        let folder = URL(filePath: present).deletingLastPathComponent().path
        let prefix = URL(filePath: present).lastPathComponent + ".retired-"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted().filter { $0.hasPrefix(prefix) }.map { "\(folder)/\($0)" }
    }
}
