// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that neither a build nor the tests of the node need the benchmark package.
//
// What the rooms share among each other is `package`; these targets are of that package too, as far as the compiler
// is concerned. Its name is that of the folder that the repository lies in.
let house = Context.packageDirectory.split(separator: "/").dropLast(2).last.map { $0.lowercased() } ?? "akashi"
let packageName = String(house.map { $0.isLetter || $0.isNumber ? $0 : "_" })

let package = Package(
    name: "benchmarks",
    dependencies: [
        .package(name: "akashi", path: "../.."),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        // Without its interposer, which this package does not need: allocations are counted by AllocationCounter.
        .package(url: "https://github.com/ordo-one/benchmark", exact: "1.38.1", traits: []),
    ],
    targets: [
        .target(name: "AllocationCounter", path: "Benchmarks/AllocationCounter"),
        .executableTarget(
            name: "Stages",
            dependencies: [
                "AllocationCounter",
                .product(name: "Rooms", package: "akashi"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Benchmarks/Stages",
            packageAccess: false,
            swiftSettings: [.unsafeFlags(["-package-name", packageName])],
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        ),
    ]
)
