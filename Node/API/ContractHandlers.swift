internal import ContractKit
internal import Hummingbird
internal import HummingbirdCore
internal import NodeRuntime
internal import Primitives

extension APIEdge {
    /// `POST /v1/query`
    @Sendable func query(_ request: Request, _ context: APIContext) async throws -> Response {
        let type = request.mediaType
        guard type == "application/json" || type == "application/cbor" else {
            throw Problem(.unsupportedMediaType, "MEDIA_TYPE", "send application/json or application/cbor")
        }
        let body = try await request.collectedBody(upTo: configuration.queryByteCount)
        if type == "application/cbor" {
            return .bytes(Self.encode(try await backend.query(Self.question(fromCBOR: body))), "application/cbor")
        }
        let (question, description) = try question(fromJSON: body)
        let answer = try await backend.query(question)
        var text = JSONText(capacity: 64 + answer.answer.count * 3)
        text.object { text in
            text.member("height", answer.height.number)
            text.name("answer")
            SchemaWriting.write(answer.answer, as: description.answer, into: &text)
            if let proof = answer.proof { text.member("proof", hex: proof) }
        }
        return .json(text)
    }

    /// `{"contract", "query", "arguments": {…}, "at"?: height, "proof"?: bool}`
    private func question(fromJSON body: [UInt8]) throws(Problem) -> (QueryQuestion, QueryDescription) {
        do {
            guard case .object(let members) = try JSONValue(parsing: body) else {
                throw Problem.malformed("the body is not an object")
            }
            for name in members.keys.sorted() where !["contract", "query", "arguments", "at", "proof"].contains(name) {
                throw Problem.malformed("members are contract, query, arguments, at and proof")
            }
            guard case .string(let contractName) = members["contract"], case .string(let name) = members["query"] else {
                throw Problem.malformed("'contract' and 'query' are names")
            }
            guard let description = contract(contractName)?.query(name) else {
                throw Problem.notFound("there is no such contract or query; GET /v1/contracts lists them")
            }
            var question = QueryQuestion(contract: contractName, name: name, arguments: [])
            question.arguments = try SchemaReading.encode(members["arguments"] ?? .object([:]), as: description.fields)
            switch members["at"] ?? .null {
            case .null: break
            case .unsigned(let number): question.height = Height(number)
            default: throw Problem.malformed("'at' is a block's number")
            }
            switch members["proof"] ?? .boolean(false) {
            case .boolean(let wanted): question.wantsProof = wanted
            default: throw Problem.malformed("'proof' is true or false")
            }
            return (question, description)
        } catch let problem as Problem {
            throw problem
        } catch let error as JSONError {
            throw Problem.malformed(error.message)
        } catch let error as SchemaError {
            throw Problem(.badRequest, "SCHEMA", error.message)
        } catch {
            throw Problem.malformed("the question cannot be read")
        }
    }

    /// `{1: contract, 2: query, 3: arguments, ? 4: at, ? 5: proof}`
    private static func question(fromCBOR body: [UInt8]) throws(Problem) -> QueryQuestion {
        do throws(CBORError) {
            var decoder = CBORDecoder(body)
            let count = try decoder.map(atMost: 5)
            guard count >= 3 else { throw .unexpectedValue }
            try decoder.key(1)
            let contract = try decoder.text(atMost: 64)
            try decoder.key(2)
            let name = try decoder.text(atMost: 64)
            try decoder.key(3)
            guard decoder.peek() == .map else { throw .unexpectedKind }
            let arguments = Array(body[try decoder.skipItem()])
            var question = QueryQuestion(contract: contract, name: name, arguments: arguments)
            var previous: UInt64? = 3
            for _ in 3..<count {
                switch try decoder.mapKey(after: &previous) {
                case 4: question.height = Height(try decoder.unsigned())
                case 5: question.wantsProof = try decoder.boolean()
                default: throw .unexpectedValue
                }
            }
            try decoder.finish()
            return question
        } catch {
            throw Problem.malformed("the question cannot be read: \(error.explanation)")
        }
    }

    /// `{1: height, 2: answer, ? 3: proof}`
    private static func encode(_ answer: QueryAnswer) -> [UInt8] {
        var encoder = CBOREncoder(capacity: answer.answer.count + 32)
        encoder.map(answer.proof == nil ? 2 : 3)
        encoder.unsigned(1)
        encoder.unsigned(answer.height.number)
        encoder.unsigned(2)
        encoder.raw(answer.answer)
        if let proof = answer.proof {
            encoder.unsigned(3)
            encoder.byteString(proof)
        }
        return encoder.bytes
    }

    /// `GET /v1/contracts`
    @Sendable func contractDescriptions(_ request: Request, _ context: APIContext) async throws -> Response {
        var text = JSONText(capacity: 32 << 10)
        text.object { text in
            text.member("schema_digest", schemaDigest)
            text.name("contracts")
            text.array { text in
                for contract in contracts { text.contract(contract) }
            }
        }
        return .json(text)
    }
}

extension JSONText {
    fileprivate mutating func contract(_ contract: ContractDescription) {
        object { text in
            text.member("name", contract.name)
            text.member("version", contract.version)
            text.name("methods")
            text.array { text in
                for method in contract.methods {
                    text.object { text in
                        text.member("name", method.name)
                        text.member("summary", method.summary)
                        text.fields("arguments", method.fields)
                        text.name("errors")
                        text.array { text in
                            for code in method.errors { text.string(code.text) }
                        }
                    }
                }
            }
            text.name("queries")
            text.array { text in
                for query in contract.queries {
                    text.object { text in
                        text.member("name", query.name)
                        text.member("summary", query.summary)
                        text.fields("arguments", query.fields)
                        text.fields("answer", query.answer)
                    }
                }
            }
            text.name("events")
            text.array { text in
                for event in contract.events {
                    text.object { text in
                        text.member("name", event.name)
                        text.member("version", event.version)
                        text.fields("fields", event.fields)
                    }
                }
            }
        }
    }

    private mutating func fields(_ name: String, _ fields: [FieldDescription]) {
        self.name(name)
        array { text in
            for field in fields {
                text.object { text in
                    text.member("key", field.key)
                    text.member("name", field.name)
                    text.member("optional", field.isOptional)
                    text.type(field.type)
                }
            }
        }
    }

    /// The members `type` and, where it has them, its bounds or parts.
    private mutating func type(_ type: FieldType) {
        member("type", type.name)
        switch type {
        case .unsigned(let range):
            member("minimum", range.lowerBound)
            member("maximum", range.upperBound)
        case .integer(let range):
            name("minimum")
            number(range.lowerBound)
            name("maximum")
            number(range.upperBound)
        case .bytes(let range):
            member("minimum_bytes", UInt64(clamping: range.lowerBound))
            member("maximum_bytes", UInt64(clamping: range.upperBound))
        case .choice(let choices), .choices(let choices):
            name("names")
            array { text in
                for choice in choices { text.string(choice.name) }
            }
        case .list(let element, let range):
            member("minimum_count", UInt64(clamping: range.lowerBound))
            member("maximum_count", UInt64(clamping: range.upperBound))
            name("element")
            object { text in text.type(element) }
        case .record(let fields): self.fields("fields", fields)
        case .boolean, .digest, .account, .publicKey, .signature, .identifier, .time, .height, .corporateNumber,
            .legalEntityIdentifier:
            break
        }
    }
}
