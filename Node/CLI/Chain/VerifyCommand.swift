internal import AkashiClient
internal import AkashiVerifier
internal import ArgumentParser
internal import NodeAPI

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check a proof file with nothing but the genesis; needs no network.",
        discussion: """
            Prints 'verified' and what is proven, or the reason why not (exit code 1).
            Example: akashi verify sale.proof --genesis testnet/run/genesis
            """
    )

    @Argument(help: "The proof file.")
    var file: String

    @Option(help: ArgumentHelp("The genesis file. Default: $AKASHI_GENESIS.", valueName: "file"))
    var genesis: String?

    @Option(
        help: ArgumentHelp(
            "A header that is trusted, as CBOR: refuses a history that old keys rewrote.",
            valueName: "file"
        )
    )
    var trusted: String?

    @OptionGroup var output: OutputOptions

    func run() async throws {
        guard let path = genesis ?? environment("AKASHI_GENESIS") else {
            throw ClientError("USAGE", "name the genesis file with --genesis")
        }
        var trustedHeader: [UInt8]?
        if let trusted { trustedHeader = try readFile(trusted, atMost: 64 << 10) }
        let genesis = try readFile(path)
        let proof = try readFile(file, atMost: Verifier.greatestProofByteCount)
        let statement: ProvenStatement
        do throws(VerificationError) {
            statement = try Verifier(genesis: genesis, trustedHeader: trustedHeader).verify(proof)
        } catch {
            throw ClientError(error)
        }
        let fact = statement.json
        show(fact, output, ["verified"] + fact.lines.filter { !$0.hasPrefix("verified:") })
    }
}
