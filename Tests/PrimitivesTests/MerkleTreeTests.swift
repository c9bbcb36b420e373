import LedgerCrypto
import Primitives
import Testing

private typealias Tree = MerkleTree<SHA256Function>

/// The definitions of RFC 9162 §2.1, word for word and as slow as that makes them.
private enum Model {
    static func root(_ leaves: ArraySlice<Digest>) -> Digest {
        guard let first = leaves.first else { return SHA256Function.digest(of: []) }
        guard leaves.count > 1 else { return first }
        let split = leaves.startIndex + largestPowerOfTwo(below: leaves.count)
        return SHA256Function.digest(of: [1] + root(leaves[..<split]).bytes + root(leaves[split...]).bytes)
    }

    static func path(_ index: Int, _ leaves: ArraySlice<Digest>) -> [Digest] {
        guard leaves.count > 1 else { return [] }
        let count = largestPowerOfTwo(below: leaves.count)
        let split = leaves.startIndex + count
        return index < count
            ? path(index, leaves[..<split]) + [root(leaves[split...])]
            : path(index - count, leaves[split...]) + [root(leaves[..<split])]
    }

    private static func largestPowerOfTwo(below count: Int) -> Int {
        var power = 1
        while power * 2 < count { power *= 2 }
        return power
    }
}

@Suite struct MerkleTreeTests {
    private static func leaves(_ count: Int) -> [Digest] {
        (0..<count).map { Tree.leaf(Array("leaf \($0)".utf8)) }
    }

    @Test("roots and paths are those of RFC 9162 for every size to 70 and every index", arguments: 0...70)
    func exhaustive(count: Int) throws {
        let leaves = Self.leaves(count)
        let root = Tree.root(leaves: leaves)
        #expect(root == Model.root(leaves[...]))
        for index in 0..<count {
            let path = try #require(Tree.path(to: index, in: leaves))
            #expect(path == Model.path(index, leaves[...]))
            #expect(Tree.root(leaf: leaves[index], index: UInt64(index), size: UInt64(count), path: path) == root)
        }
        #expect(Tree.path(to: count, in: leaves) == nil)
        #expect(Tree.path(to: -1, in: leaves) == nil)
    }

    /// The leaves and roots that implementations of Certificate Transparency share.
    @Test("the roots are the published ones")
    func published() throws {
        let inputs = [
            "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
        ]
        let leaves = try inputs.map { Tree.leaf(try #require(Hex.decode($0))) }
        #expect(
            Tree.root(leaves: []).hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        )
        #expect(
            Tree.root(leaves: [leaves[0]]).hex == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
        )
        #expect(
            Tree.root(leaves: leaves).hex == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
        )
    }

    @Test(
        "a path proves no other leaf, no other place, and not with a sibling more or less",
        arguments: [1, 2, 3, 7, 8, 13]
    )
    func negative(count: Int) throws {
        let leaves = Self.leaves(count)
        let root = Tree.root(leaves: leaves)
        let size = UInt64(count)
        for index in 0..<count {
            let path = try #require(Tree.path(to: index, in: leaves))
            for other in 0..<count where other != index {
                #expect(Tree.root(leaf: leaves[other], index: UInt64(index), size: size, path: path) != root)
                #expect(Tree.root(leaf: leaves[index], index: UInt64(other), size: size, path: path) != root)
            }
            #expect(Tree.root(leaf: leaves[index], index: UInt64(index), size: size, path: path + [root]) != root)
            if !path.isEmpty {
                #expect(Tree.root(leaf: leaves[index], index: UInt64(index), size: size, path: path.dropLast()) != root)
            }
            #expect(Tree.root(leaf: leaves[index], index: size, size: size, path: path) == nil)
        }
        #expect(Tree.root(leaf: leaves[0], index: 0, size: 0, path: []) == nil)
        #expect(Tree.root(leaf: leaves[0], index: .max, size: .max, path: []) == nil)
    }
}
