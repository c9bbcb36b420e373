internal import Hummingbird
internal import HummingbirdCore
internal import NodeRuntime
internal import Primitives

extension APIEdge {
    /// `GET /v1/blocks/{height}`
    @Sendable func block(_ request: Request, _ context: APIContext) async throws -> Response {
        let height: Height
        if context.parameters["height"] == "latest" {
            height = await backend.nodeStatus().certifiedHeight
        } else {
            height = try context.parameters.height("height")
        }
        guard let block = try await backend.block(at: height) else {
            throw Problem.notFound("there is no certified block at this height")
        }
        var text = JSONText(capacity: 2048 + block.transactions.count * 200)
        text.block(block)
        return .json(text)
    }

    /// `GET /v1/accounts/{id}`
    @Sendable func account(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = AccountID(try context.parameters.digest("id"))
        guard let account = try await backend.account(id) else { throw Problem.notFound("there is no such account") }
        var text = JSONText()
        text.object { text in
            text.member("id", account.id.digest)
            text.member("organisation", account.organisation)
            text.name("roles")
            text.array { text in
                for role in account.roles { text.string(role) }
            }
            text.member("status", account.status)
            text.name("keys")
            text.array { text in
                for key in account.keys {
                    text.object { text in
                        text.member("from", key.from.number)
                        text.member("key", hex: key.key.bytes)
                    }
                }
            }
            text.member("height", account.height.number)
        }
        return .json(text)
    }

    /// `GET /v1/validators`
    @Sendable func validators(_ request: Request, _ context: APIContext) async throws -> Response {
        let validators = await backend.validators()
        var text = JSONText()
        text.object { text in
            text.name("validators")
            text.array { text in
                for validator in validators {
                    text.object { text in
                        text.member("index", validator.index)
                        text.member("organisation", validator.organisation)
                        text.member("address", validator.address)
                        text.member("key", hex: validator.key.bytes)
                        text.member("pin", validator.pin)
                        text.member("connected", validator.isConnected)
                        text.member("contested", validator.isContested)
                    }
                }
            }
        }
        return .json(text)
    }

    /// `GET /v1/genesis`
    @Sendable func genesis(_ request: Request, _ context: APIContext) async throws -> Response {
        .bytes(backend.genesis, "application/cbor")
    }
}

extension JSONText {
    mutating func block(_ block: BlockView) {
        object { text in
            text.member("height", block.height.number)
            text.member("epoch", block.epoch)
            text.member("origin_view", block.originView)
            text.member("proposer", block.proposer)
            text.member("time", block.time)
            text.member("header_digest", block.headerDigest)
            text.member("parent", block.parent)
            text.member("transactions_root", block.transactionsRoot)
            text.member("receipts_root", block.receiptsRoot)
            text.member("state_root", block.stateRoot)
            text.name("transactions")
            text.array { text in
                for item in block.transactions {
                    text.object { text in
                        text.member("id", item.id)
                        text.member("reference", item.reference)
                        text.member("code", item.code)
                    }
                }
            }
            text.member("header", hex: block.header)
            text.member("certificate", hex: block.certificate)
        }
    }
}
