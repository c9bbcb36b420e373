internal import Hummingbird
internal import HummingbirdCore

extension APIEdge {
    /// `GET /openapi.json`
    @Sendable func openAPI(_ request: Request, _ context: APIContext) async throws -> Response {
        .json(OpenAPI.document(Endpoint.all))
    }
}

/// The OpenAPI 3.1 description, written from the same table that the router is built from.
enum OpenAPI {
    static func document(_ endpoints: [Endpoint]) -> JSONText {
        var text = JSONText(capacity: 16 << 10)
        text.object { text in
            text.member("openapi", "3.1.0")
            text.name("info")
            text.object { text in
                text.member("title", "Akashi node")
                text.member("version", "1")
                text.member("description", "Bytes are lower-case hexadecimal; integers beyond 2^53 are strings.")
            }
            text.name("paths")
            text.object { text in
                var written: [String] = []
                for endpoint in endpoints where !written.contains(endpoint.path) {
                    written.append(endpoint.path)
                    text.name(endpoint.path)
                    text.object { text in
                        for operation in endpoints where operation.path == endpoint.path {
                            text.operation(operation)
                        }
                    }
                }
            }
            text.name("components")
            text.object { text in text.problemSchema() }
        }
        return text
    }
}

extension JSONText {
    fileprivate mutating func operation(_ endpoint: Endpoint) {
        name(endpoint.method.rawValue.lowercased())
        object { text in
            text.member("summary", endpoint.summary)
            if !endpoint.parameters.isEmpty {
                text.name("parameters")
                text.array { text in
                    for parameter in endpoint.parameters { text.parameter(parameter) }
                }
            }
            if !endpoint.takes.isEmpty {
                text.name("requestBody")
                text.object { text in
                    text.member("required", true)
                    text.content(endpoint.takes)
                }
            }
            text.name("responses")
            text.object { text in
                text.name("200")
                text.object { text in
                    text.member("description", "done")
                    text.content([endpoint.gives])
                }
                text.name("default")
                text.object { text in
                    text.member("description", "a problem (RFC 9457) with a code; 429 and 503 come with Retry-After")
                    text.name("content")
                    text.object { text in
                        text.name("application/problem+json")
                        text.object { text in
                            text.name("schema")
                            text.object { text in text.member("$ref", "#/components/schemas/Problem") }
                        }
                    }
                }
            }
        }
    }

    private mutating func parameter(_ parameter: EndpointParameter) {
        object { text in
            text.member("name", parameter.name)
            text.member("in", parameter.place.rawValue)
            text.member("required", parameter.place == .path)
            text.member("description", parameter.summary)
            text.name("schema")
            text.object { text in text.member("type", "string") }
        }
    }

    private mutating func content(_ types: [String]) {
        name("content")
        object { text in
            for type in types {
                text.name(type)
                text.object { _ in }
            }
        }
    }

    fileprivate mutating func problemSchema() {
        name("schemas")
        object { text in
            text.name("Problem")
            text.object { text in
                text.member("type", "object")
                text.name("required")
                text.array { text in
                    for name in ["type", "title", "status", "code", "detail"] { text.string(name) }
                }
                text.name("properties")
                text.object { text in
                    for name in ["type", "title", "code", "detail"] {
                        text.name(name)
                        text.object { text in text.member("type", "string") }
                    }
                    text.name("status")
                    text.object { text in text.member("type", "integer") }
                }
            }
        }
    }
}
