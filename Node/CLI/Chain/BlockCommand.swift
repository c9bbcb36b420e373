internal import AkashiClient
internal import ArgumentParser
internal import NodeAPI

struct BlockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "block",
        abstract: "A certified block: header, roots, transactions and how they ended.",
        discussion: "Example: akashi block latest"
    )

    @Argument(help: "The block's number, or latest.")
    var height = "latest"

    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let number = UInt64(height)
        guard number != nil || height == "latest" else { throw ClientError("USAGE", "a block's number, or latest") }
        let bytes = try await node.client().block(number)
        do {
            show(try JSONValue(parsing: bytes), output)
        } catch {
            throw ClientError("MALFORMED", "the node's answer cannot be read: \(error.message)")
        }
    }
}
