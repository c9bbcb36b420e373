internal import AkashiClient
internal import Foundation
internal import LedgerCrypto
internal import NodeRuntime
internal import PeerNetwork
internal import Primitives

/// A validator's directory: configuration, keys, certificate, genesis, data.
struct ValidatorHome {
    let path: String

    var consensusKeyPath: String { path + "/keys/consensus.key" }
    var certificatePath: String { path + "/tls/certificate.pem" }
    var certificateKeyPath: String { path + "/tls/key.pem" }
    var genesisPath: String { path + "/genesis" }
    var configurationPath: String { path + "/" + NodeConfiguration.fileName }

    /// What a genesis says of the validator.
    struct Identity {
        let consensusKey: PublicKey
        let pin: Digest
    }

    /// Makes keys and certificate where there are none; keys that are there are kept.
    func establish(index: Int) throws -> Identity {
        let manager = FileManager.default
        for folder in [path, path + "/keys", path + "/tls"] {
            try manager.createDirectory(
                atPath: folder,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        }
        if !manager.fileExists(atPath: consensusKeyPath) {
            try KeyFile.create(PrivateKey.generate(), at: consensusKeyPath)
        }
        if !manager.fileExists(atPath: certificateKeyPath) {
            try TLSMaterial.generate(validator: index)
                .write(certificatePath: certificatePath, keyPath: certificateKeyPath)
        }
        let material = try TLSMaterial.load(certificatePath: certificatePath, keyPath: certificateKeyPath)
        return Identity(consensusKey: try KeyFile.load(consensusKeyPath).publicKey, pin: material.pin)
    }

    /// Writes genesis and configuration; an existing configuration is the operator's and is kept.
    ///
    /// - Parameter index: the place in the genesis; nil for who is not in it.
    func complete(genesis: [UInt8], index: Int?, peers: String, api: String) throws {
        try writeFile(genesis, to: genesisPath)
        guard !FileManager.default.fileExists(atPath: configurationPath) else { return }
        try writeFile(
            Array(ValidatorHome.configuration(index: index, peers: peers, api: api).utf8),
            to: configurationPath
        )
    }

    static func configuration(index: Int?, peers: String, api: String) -> String {
        let place = index.map { "  index: \($0)                       # this validator's place in the genesis\n" } ?? ""
        return """
            # Configuration of an Akashi validator. Paths are relative to this directory.
            # AKASHI_SECTION_KEY in the environment overrides a value, flags override both.
            # Unknown keys and impossible values are refused with their line.

            validator:
            \(place)  key: keys/consensus.key        # signs votes; mode 0600; never in two places at once

            tls:
              certificate: tls/certificate.pem
              key: tls/key.pem               # its public key is pinned in the genesis

            chain:
              genesis: genesis

            storage:
              directory: data                # never restore its journal from a backup
              retention_blocks: 0            # blocks that are kept whole; 0 keeps all of them (an archive)

            peers:
              listen: \(peers)
              # addresses: host:port of the genesis' validators by index, where they differ from the genesis
              # follow: host:port of others to take blocks from while this node is an observer

            api:
              listen: \(api)          # loopback only; put a TLS proxy in front of it for others

            log:
              level: info                    # trace, debug, info, notice, warning, error, critical
              format: auto                   # text on a terminal, JSON elsewhere

            mempool:
              bytes: 67108864
              transactions: 50000

            """
    }
}
