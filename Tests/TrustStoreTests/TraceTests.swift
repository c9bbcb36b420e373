import ContractKit
import ContractTesting
import Primitives
import SeededRandom
import Testing
import TrustStore

@Suite struct TraceTests {
    /// A graph of evidence in memory, beside the one in the store.
    struct Graph {
        var store = Store()
        var ids: [Digest] = []
        /// Numbers of the parents of each.
        var parents: [[Int]] = []

        mutating func add(_ parents: [Int]) throws {
            let digests = parents.map { ids[$0] }
            ids.append(try store.append(store.body("node \(ids.count)") { $0.parents = digests }))
            self.parents.append(parents)
        }

        func children(of node: Int) -> [Int] { ids.indices.filter { parents[$0].contains(node) } }

        /// Depth of everything within reach, by the plainest search there is.
        func reach(from start: Int, up: Bool, depth: UInt64) -> [Digest: UInt64] {
            var depths = [start: UInt64(0)]
            var border = [start]
            for distance in 1...depth {
                var next: Set<Int> = []
                for node in border { next.formUnion(up ? parents[node] : children(of: node)) }
                border = next.filter { depths[$0] == nil }
                for node in border { depths[node] = distance }
            }
            depths[start] = nil
            return Dictionary(depths.map { (ids[$0.key], $0.value) }, uniquingKeysWith: { first, _ in first })
        }

        /// All pages of a trace.
        func trace(from start: Int, up: Bool, depth: UInt64, page: UInt64) throws -> (nodes: [TraceNode], isCut: Bool) {
            var arguments = TraceArguments()
            arguments.evidence = ids[start]
            arguments.depth = depth
            arguments.limit = page
            var nodes: [TraceNode] = []
            while true {
                let answer = try ask(arguments, up: up)
                nodes += answer.nodes
                guard let next = answer.next else { return (nodes, answer.isCut) }
                #expect(UInt64(answer.nodes.count) == page)
                arguments.after = next
            }
        }

        private func ask(_ arguments: TraceArguments, up: Bool) throws -> TraceAnswer {
            if up {
                var query = UpQuery()
                query.arguments = arguments
                return try store.ask(query)
            }
            var query = DownQuery()
            query.arguments = arguments
            return try store.ask(query)
        }
    }

    @Test(
        "a trace finds everything that can be reached, once, at its shortest depth, whatever the page",
        arguments: UInt64(1)...4
    )
    func findsEverything(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        var graph = Graph()
        for node in 0..<40 {
            let count = min(node, Int.random(in: 0...3, using: &generator))
            try graph.add(Array((0..<node).shuffled(using: &generator).prefix(count)))
        }
        for _ in 0..<12 {
            let start = Int.random(in: 0..<40, using: &generator)
            let depth = UInt64.random(in: 1...6, using: &generator)
            for up in [true, false] {
                let expected = graph.reach(from: start, up: up, depth: depth)
                let whole = try graph.trace(from: start, up: up, depth: depth, page: 100)
                let paged = try graph.trace(from: start, up: up, depth: depth, page: 3)
                #expect(whole.nodes == paged.nodes && whole.isCut == paged.isCut)
                #expect(whole.nodes.count == expected.count)
                for node in whole.nodes { #expect(expected[node.evidence] == node.depth) }
                let beyond = graph.reach(from: start, up: up, depth: depth + 1)
                if beyond.count > expected.count { #expect(whole.isCut) }
            }
        }
    }

    @Test("up and down are each other's reverse")
    func upIsReverseOfDown() throws {
        var graph = Graph()
        for parents in [[], [], [0, 1], [2], [2], [3, 4], [1]] { try graph.add(parents) }
        for one in graph.ids.indices {
            let down = try graph.trace(from: one, up: false, depth: 32, page: 100).nodes
            for other in graph.ids.indices {
                let up = try graph.trace(from: other, up: true, depth: 32, page: 100).nodes
                let isAbove = up.contains { $0.evidence == graph.ids[one] }
                #expect(down.contains { $0.evidence == graph.ids[other] } == isAbove)
            }
        }
    }

    @Test("a trace says whether the graph goes on beyond the depth, and what was corrected on the way")
    func saysWhatItLeftOut() throws {
        var graph = Graph()
        for parents in [[], [0], [1], [2]] { try graph.add(parents) }
        #expect(try graph.trace(from: 3, up: true, depth: 2, page: 100).isCut)
        #expect(try !graph.trace(from: 3, up: true, depth: 3, page: 100).isCut)
        #expect(try graph.trace(from: 0, up: false, depth: 2, page: 100).isCut)
        #expect(try !graph.trace(from: 0, up: false, depth: 3, page: 100).isCut)
        let body = graph.store.body("right") { $0.corrects = graph.ids[1] }
        let correction = try graph.store.append(body)
        let nodes = try graph.trace(from: 3, up: true, depth: 32, page: 100).nodes
        #expect(nodes.map(\.correctedBy) == [nil, correction, nil])
        #expect(nodes.map(\.from) == [graph.ids[3], graph.ids[2], graph.ids[1]])
    }

    @Test("a component with hundreds of products is listed whole, in pages")
    func wideFan() throws {
        var graph = Graph()
        try graph.add([])
        for _ in 0..<230 { try graph.add([0]) }
        let nodes = try graph.trace(from: 0, up: false, depth: 1, page: 100).nodes
        #expect(Set(nodes.map(\.evidence)) == Set(graph.ids.dropFirst()))
        #expect(nodes.count == 230)
    }

    @Test("a trace from what does not exist is REFERENCE")
    func unknown() {
        #expect(throws: ContractError.self) { try Store().ask(UpQuery()) }
        #expect(throws: ContractError.self) { try Store().ask(DownQuery()) }
        #expect(throws: ContractError.self) { try Store().row(.zero) }
    }
}
