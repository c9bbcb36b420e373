internal import AkashiClient
internal import ArgumentParser
internal import LedgerCrypto
internal import Marketplace
internal import NodeAPI
internal import Primitives

// The exchange itself: the seller encrypts and hands over, the buyer confirms what it holds, the seller opens, the buyer
// decrypts, checks the bytes against the root that it paid for, and accepts.

/// An order with the terms that it bound, as the exchange needs them.
private struct Exchange {
    let id: Digest
    let contentRoot: Digest
    let buyerKey: [UInt8]
    let cipherRoot: Digest?
    let keyCommitment: Digest?
    let sealedKey: [UInt8]?

    static func load(_ order: String, _ session: Session) async throws -> Exchange {
        let id = try digest(order, "an order's id")
        // Money and data change hands on this, so it is taken as proven or not at all.
        let row = try await session.askProven("marketplace", "order", ["order": .hex(id)]).answer
        let listing = try await session.askProven(
            "marketplace",
            "listing",
            ["listing": row["listing"] ?? .null, "version": row["version"] ?? .null]
        ).answer
        guard let root = listing["terms"]?["content_root"]?.digest, let buyerKey = row["buyer_key"]?.bytes else {
            throw ClientError("MALFORMED", "the order cannot be read")
        }
        return Exchange(
            id: id,
            contentRoot: root,
            buyerKey: buyerKey,
            cipherRoot: row["cipher_root"]?.digest,
            keyCommitment: row["key_commitment"]?.digest,
            sealedKey: row["sealed_key"]?.bytes
        )
    }

    func commitment(to cipher: ChunkCipher) -> Digest {
        SHA256Function.digest(of: Marketplace.keyPreimage(order: id, key: cipher.keyBytes))
    }
}

struct MarketDeliverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deliver",
        abstract: "Encrypt the data for an order into a file, and commit to it and to its key."
    )

    @Argument(help: "The order's id.")
    var order: String

    @Option(help: ArgumentHelp("The data that was listed.", valueName: "file"))
    var content: String

    @Option(help: ArgumentHelp("Where to write the encrypted file for the buyer.", valueName: "file"))
    var out: String

    @Option(help: ArgumentHelp("Where the buyer finds it; only a digest of this goes on the chain.", valueName: "url"))
    var location: String?

    @OptionGroup var signing: SigningOptions

    func run() async throws {
        let session = try await signing.session()
        let key = try signing.key()
        let exchange = try await Exchange.load(order, session)
        let bytes = try readFile(content)
        guard ChunkCipher.contentRoot(of: bytes) == exchange.contentRoot else {
            throw ClientError("CONTENT", "\(content) is not what was listed: its content root differs")
        }
        let kept = KeptSecret(.order, of: exchange.id, for: key, signing.signer.store)
        guard let cipher = ChunkCipher(key: try kept.keep { ChunkCipher.generate().keyBytes }) else {
            throw ClientError("MALFORMED", "\(kept.path) is no order's key")
        }
        // The same key gives the same file, so a delivery that was interrupted can be made again.
        let delivery = DeliveryFile(chunks: try cipher.encrypt(bytes))
        try writeFile(delivery.encoded, to: out)
        let call = try session.call(
            "marketplace",
            "deliver",
            [
                "order": .hex(exchange.id), "cipher_root": .hex(delivery.cipherRoot),
                "key_commitment": .hex(exchange.commitment(to: cipher)),
                "location": .hex(SHA256Function.digest(of: Array((location ?? out).utf8))),
            ]
        )
        let outcome = try await session.send([call], as: key, signing.wait)
        show(
            outcome.json([
                "file": .string(out), "chunks": .unsigned(UInt64(delivery.chunks.count)),
                "cipher_root": .hex(delivery.cipherRoot),
            ]),
            signing.output
        )
    }
}

struct MarketConfirmCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "confirm",
        abstract: "Confirm that the encrypted file arrived whole."
    )

    @Argument(help: "The order's id.")
    var order: String

    @Option(help: ArgumentHelp("The encrypted file.", valueName: "file"))
    var delivery: String

    @OptionGroup var signing: SigningOptions

    func run() async throws {
        let file = try DeliveryFile(decoding: readFile(delivery))
        try await signing.send(
            "marketplace",
            "confirm",
            ["order": .string(order), "cipher_root": .hex(file.cipherRoot)]
        )
    }
}

struct MarketOpenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "open",
        abstract: "Give the buyer the key, sealed to the buyer; the dispute window starts."
    )

    @Argument(help: "The order's id.")
    var order: String

    @OptionGroup var signing: SigningOptions

    func run() async throws {
        let session = try await signing.session()
        let key = try signing.key()
        let exchange = try await Exchange.load(order, session)
        let kept = KeptSecret(.order, of: exchange.id, for: key, signing.signer.store)
        guard let cipher = ChunkCipher(key: try kept.read()) else {
            throw ClientError("MALFORMED", "\(kept.path) is no order's key")
        }
        guard exchange.commitment(to: cipher) == exchange.keyCommitment else {
            throw ClientError("CONTENT", "\(kept.path) is not the key that the delivery committed to")
        }
        let sealed = try SealedOrderKey.seal(cipher, to: exchange.buyerKey, order: exchange.id.bytes)
        let call = try session.call(
            "marketplace",
            "open",
            ["order": .hex(exchange.id), "sealed_key": .hex(sealed)]
        )
        show(try await session.send([call], as: key, signing.wait).json(), signing.output)
    }
}

struct MarketAcceptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept",
        abstract: "Decrypt, check the bytes against the root that was paid for, and pay the seller.",
        discussion: "Nothing is accepted when a check fails: the money stays locked and the dispute window open."
    )

    @Argument(help: "The order's id.")
    var order: String

    @Option(help: ArgumentHelp("The encrypted file.", valueName: "file"))
    var delivery: String

    @Option(help: ArgumentHelp("Where to write the data.", valueName: "file"))
    var out: String

    @OptionGroup var signing: SigningOptions

    func run() async throws {
        let session = try await signing.session()
        let key = try signing.key()
        let exchange = try await Exchange.load(order, session)
        guard let sealed = exchange.sealedKey else { throw ClientError("STATE", "the seller has not opened it yet") }
        let file = try DeliveryFile(decoding: readFile(delivery))
        guard file.cipherRoot == exchange.cipherRoot else {
            throw ClientError("CONTENT", "\(delivery) is not the file that was delivered")
        }
        let cipher = try SealedOrderKey.open(sealed, with: key, order: exchange.id.bytes)
        guard exchange.commitment(to: cipher) == exchange.keyCommitment else {
            throw ClientError("CONTENT", "the key is not the one that the seller committed to: complain")
        }
        let content = try cipher.decrypt(file.chunks)
        guard ChunkCipher.contentRoot(of: content) == exchange.contentRoot else {
            throw ClientError("CONTENT", "the data is not what was listed: its content root differs: complain")
        }
        try writeFile(content, to: out)
        let call = try session.call("marketplace", "accept", ["order": .hex(exchange.id)])
        let outcome = try await session.send([call], as: key, signing.wait)
        show(
            outcome.json([
                "file": .string(out), "bytes": .unsigned(UInt64(content.count)),
                "content_root": .hex(exchange.contentRoot), "checked": true,
            ]),
            signing.output
        )
    }
}
