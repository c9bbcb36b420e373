internal import AkashiClient
internal import ArgumentParser
internal import LedgerCrypto
internal import Marketplace
internal import NodeAPI
internal import Primitives

struct MarketPublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Offer data for sale, bound to its content root before anybody pays.",
        discussion: """
            The content itself stays here until an order is delivered; catalogue entry, schema and policy stand on the
            chain as digests of their files.
            Example: akashi market publish air-2026 --content air.json --class climate --price 100 --as seller
            """
    )

    @Argument(help: "The seller's own name for the listing.")
    var name: String

    @Option(help: ArgumentHelp("The data.", valueName: "file"))
    var content: String

    @Option(name: .customLong("class"), help: ArgumentHelp("The class of data.", valueName: "name"))
    var dataClass: String

    @Option(help: ArgumentHelp("dataset, stream or photo.", valueName: "kind"))
    var kind = "dataset"

    @Option(help: ArgumentHelp("The price, in the unit's smallest step.", valueName: "amount"))
    var price: UInt64

    @Option(help: ArgumentHelp("point, coupon or currency.", valueName: "unit"))
    var unit = "point"

    @Option(help: ArgumentHelp("What each order takes from the bond until it is settled.", valueName: "amount"))
    var deposit: UInt64 = 1

    @Option(help: ArgumentHelp("What is locked as the listing's bond.", valueName: "amount"))
    var bond: UInt64 = 10

    @Option(help: ArgumentHelp("The DCAT or DSP entry that describes the data.", valueName: "file"))
    var catalogue: String

    @Option(help: ArgumentHelp("The data's schema; the catalogue entry if not given.", valueName: "file"))
    var schema: String?

    @Option(help: ArgumentHelp("The ODRL policy; the catalogue entry if not given.", valueName: "file"))
    var policy: String?

    @Option(help: ArgumentHelp("Where the data is from, as an identifier.", valueName: "name"))
    var area: String?

    @Option(help: ArgumentHelp("Where it comes from in law: jp or eu.", valueName: "origin"))
    var origin: String

    @Option(name: .customLong("evidence"), help: ArgumentHelp("Evidence about the data; repeatable.", valueName: "id"))
    var evidence: [String] = []

    @Option(help: ArgumentHelp("none, pseudonymous or personal.", valueName: "kind"))
    var personal = "none"

    @Option(help: ArgumentHelp("The legal basis where it is personal, for instance consent.", valueName: "basis"))
    var basis = "none"

    @Option(help: ArgumentHelp("Whom it is about, by pseudonym.", valueName: "account"))
    var subject: String?

    @Option(help: ArgumentHelp("The field whose members may order; everybody if not given.", valueName: "field"))
    var audience: String?

    @Option(help: ArgumentHelp("The time for each step of an order, in seconds.", valueName: "seconds"))
    var window: UInt64 = 86_400

    @OptionGroup var signing: SigningOptions

    func validate() throws {
        guard (1...31_449_600).contains(window) else { throw ValidationError("--window is 1 to 31449600 seconds") }
    }

    func run() async throws {
        let key = try signing.key()
        let root = ChunkCipher.contentRoot(of: try readFile(content))
        let id = SHA256Function.digest(
            of: Marketplace.listingPreimage(seller: key.account, name: try identifier(name))
        )
        let about = try subject.map { try account($0, signing.signer.store) }
        let window: JSONValue = .unsigned(window * 1000)
        try await signing.send(
            "marketplace",
            "publish",
            [
                "name": .string(name), "bond": .unsigned(bond),
                "terms": [
                    "catalogue": try fileDigest(catalogue), "kind": .string(kind), "data_class": .string(dataClass),
                    "schema": try fileDigest(schema ?? catalogue), "area": .text(area), "content_root": .hex(root),
                    "plans": [["unit": .string(unit), "price": .unsigned(price), "model": "once"]],
                    "policy": try fileDigest(policy ?? catalogue), "personal": .string(personal),
                    "basis": .string(basis), "origin": .string(origin), "evidence": .texts(evidence),
                    "subject": about.map { .hex($0.digest) } ?? .null, "audience": .text(audience),
                    "deposit_unit": .string(unit), "deposit": .unsigned(deposit),
                    "windows": ["delivery": window, "confirmation": window, "key": window, "dispute": window],
                ],
            ],
            adding: ["listing": .hex(id), "content_root": .hex(root)]
        )
    }

    private func fileDigest(_ path: String) throws(ClientError) -> JSONValue {
        .hex(SHA256Function.digest(of: try readFile(path)))
    }
}

struct MarketOrderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "order",
        abstract: "Order from a listing; the price is locked until the data is there."
    )

    @Argument(help: "The listing's id.")
    var listing: String

    @Option(help: ArgumentHelp("What the data is for, as an identifier.", valueName: "purpose"))
    var purpose: String

    @Option(name: .customLong("max-price"), help: ArgumentHelp("The most that is paid.", valueName: "amount"))
    var maxPrice: UInt64

    @Option(help: ArgumentHelp("The place of the plan in the listing, from 0.", valueName: "number"))
    var plan: UInt64 = 0

    @Option(help: ArgumentHelp("How many.", valueName: "number"))
    var quantity: UInt64 = 1

    @Option(help: ArgumentHelp("The consent of whom the data is about.", valueName: "id"))
    var consent: String?

    @OptionGroup var signing: SigningOptions

    func run() async throws {
        let session = try await signing.session()
        let key = try signing.key()
        let current = try await session.ask("marketplace", "listing", ["listing": .string(listing)])
        guard let version = current["listing"]?["version"]?.number else {
            throw ClientError("MALFORMED", "the listing has no version")
        }
        let reference = randomBytes(count: 16)
        let id = SHA256Function.digest(
            of: Marketplace.orderPreimage(buyer: key.account, reference: reference)
        )
        let call = try session.call(
            "marketplace",
            "order",
            [
                "reference": .hex(reference), "listing": .string(listing), "version": .unsigned(version),
                "plan": .unsigned(plan), "quantity": .unsigned(quantity), "max_price": .unsigned(maxPrice),
                "purpose": .string(purpose), "consent": .text(consent), "buyer_key": .hex(key.sealingKey),
            ]
        )
        let outcome = try await session.send([call], as: key, signing.wait)
        show(outcome.json(["order": .hex(id)]), signing.output)
    }
}
