// swift-tools-version: 6.2
import PackageDescription

/// The strictest settings that this toolchain has; see CONTRIBUTING.md for what each one buys.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
    .strictMemorySafety(),
]

// The arrows of the house, written once: a target may import what stands in its list and nothing else
// (`make lint` builds with --explicit-target-dependency-import-check error).
func room(_ name: String, _ path: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: path, exclude: exclude, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: "Tests/\(name)", exclude: exclude, swiftSettings: strict)
}

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let cryptography = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")
let asn1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let collections = Target.Dependency.product(name: "Collections", package: "swift-collections")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let httpServer = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let httpCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let sqlite = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")

let package = Package(
    name: "akashi",
    products: [
        .executable(name: "akashi", targets: ["akashi"]),
        .library(name: "AkashiVerifier", targets: ["AkashiVerifier"]),
        // For the micro-benchmarks, a package of their own.
        .library(
            name: "Rooms",
            targets: [
                "Primitives", "LedgerCrypto", "AkashiVerifier", "Storage", "Ledger", "Consensus", "ContractKit",
                "Governance", "Consent", "TFC", "TrustStore", "Marketplace", "Contracts", "PeerNetwork", "NodeRuntime",
                "ContractTesting", "LedgerTesting", "Simulator",
            ]
        ),
        // For tests, which load it into programs that are to die.
        .library(name: "CrashPoint", type: .dynamic, targets: ["CrashPoint"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.0"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["YAML"]),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        // Ledger: bytes, keys, storage, chain.
        room("Primitives", "Ledger/Primitives"),
        .systemLibrary(
            name: "CSecp256k1",
            path: "Ledger/CSecp256k1",
            pkgConfig: "libsecp256k1",
            providers: [.apt(["libsecp256k1-dev"])]
        ),
        .systemLibrary(
            name: "CSHA256",
            path: "Ledger/CSHA256",
            pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"])]
        ),
        room("LedgerCrypto", "Ledger/Crypto", ["Primitives", "CSecp256k1", "CSHA256"]),
        room("AkashiVerifier", "Ledger/Verifier", ["Primitives", "LedgerCrypto"]),
        .systemLibrary(
            name: "CRocksDB",
            path: "Ledger/CRocksDB",
            pkgConfig: "rocksdb",
            providers: [.apt(["librocksdb-dev"])]
        ),
        room("Storage", "Ledger/Storage", ["Primitives", "CRocksDB"]),
        room(
            "Ledger",
            "Ledger/Chain",
            [
                "Primitives", "LedgerCrypto", "AkashiVerifier", "Storage", "ContractKit", "Governance", "Contracts",
                deque,
            ]
        ),

        // Consensus: a value that knows only Primitives.
        room("Consensus", "Consensus", ["Primitives"]),

        // Contracts: the kit, the five domains, and the registry that lists them.
        room("ContractKit", "Contracts/Kit", ["Primitives"]),
        room("Governance", "Contracts/Governance", ["Primitives", "ContractKit"]),
        room("Consent", "Contracts/Consent", ["Primitives", "ContractKit", "Governance"]),
        room("TFC", "Contracts/TFC", ["Primitives", "ContractKit", "Governance"]),
        room("TrustStore", "Contracts/TrustStore", ["Primitives", "ContractKit", "Governance"]),
        room(
            "Marketplace",
            "Contracts/Marketplace",
            ["Primitives", "ContractKit", "Governance", "Consent", "TFC", "TrustStore"]
        ),
        room(
            "Contracts",
            "Contracts/Registry",
            ["Primitives", "ContractKit", "Governance", "Consent", "TFC", "TrustStore", "Marketplace"]
        ),

        // Node: everything that touches the world.
        room(
            "PeerNetwork",
            "Node/Network",
            ["Primitives", nioCore, nioPosix, nioTLS, nioSSL, x509, asn1, cryptography, logging]
        ),
        room(
            "NodeRuntime",
            "Node/Runtime",
            [
                "Primitives", "LedgerCrypto", "Storage", "Ledger", "Consensus", "ContractKit", "Governance",
                "Contracts",
                "PeerNetwork", nioCore, nioPosix, logging, deque, configuration, lifecycle,
            ]
        ),
        room(
            "NodeAPI",
            "Node/API",
            [
                "Primitives", "LedgerCrypto", "Ledger", "ContractKit", "Contracts", "NodeRuntime", httpServer,
                httpCore, httpTypes, nioCore, nioHTTPTypes, logging, lifecycle,
            ]
        ),
        room(
            "AkashiClient",
            "Node/Client",
            [
                "Primitives", "LedgerCrypto", "Ledger", httpClient, nioCore, nioHTTP1, cryptography, cryptoExtras,
            ]
        ),
        room("Vault", "Node/Vault", ["Primitives", "LedgerCrypto", sqlite, cryptography]),
        .systemLibrary(name: "CMalloc", path: "Node/CMalloc"),
        room(
            "AkashiCLI",
            "Node/CLI",
            [
                "Primitives", "LedgerCrypto", "AkashiVerifier", "Storage", "Ledger", "Consensus", "ContractKit",
                "Contracts",
                "Governance",
                "TFC", "TrustStore", "Marketplace", "PeerNetwork", "NodeRuntime", "NodeAPI", "AkashiClient", "Vault",
                "CMalloc", arguments, logging, lifecycle,
                signals, configuration, nioCore, nioPosix, nioSSL, cryptography, x509, asn1, histogram,
                httpClient, nioHTTP1,
            ]
        ),
        .executableTarget(name: "akashi", dependencies: ["AkashiCLI"], path: "Node/Akashi", swiftSettings: strict),
        tests("PrimitivesTests", ["SeededRandom", "Primitives", "LedgerCrypto"]),
        tests("LedgerCryptoTests", ["Primitives", "LedgerCrypto"]),
        tests("AkashiVerifierTests", ["SeededRandom", "AkashiVerifier"], exclude: ["Vectors"]),
        .executableTarget(
            name: "embedded-verifier",
            dependencies: ["AkashiVerifier"],
            path: "Tests/EmbeddedVerifier",
            swiftSettings: strict
        ),
        tests(
            "FormatTests",
            [
                "SeededRandom", "ChildProcess", "Primitives", "LedgerCrypto", "AkashiVerifier", "Storage", "Ledger",
                "LedgerTesting", "ContractKit", "Consensus", "Simulator", "PeerNetwork", "NodeRuntime",
                "embedded-verifier",
            ],
            exclude: ["Interop"]
        ),
        room(
            "ContractTesting",
            "Tests/ContractTesting",
            ["Primitives", "LedgerCrypto", "ContractKit", "Governance", "Contracts"]
        ),
        tests("ContractKitTests", ["SeededRandom", "Primitives", "LedgerCrypto", "ContractKit", "ContractTesting"]),
        tests(
            "GovernanceTests",
            ["SeededRandom", "Primitives", "LedgerCrypto", "ContractKit", "Governance", "Contracts", "ContractTesting"]
        ),
        tests(
            "ConsentTests",
            ["Primitives", "LedgerCrypto", "ContractKit", "Governance", "Consent", "Contracts", "ContractTesting"]
        ),
        tests(
            "TFCTests",
            ["SeededRandom", "Primitives", "LedgerCrypto", "ContractKit", "ContractTesting", "Governance", "TFC"]
        ),
        tests(
            "MarketplaceTests",
            [
                "SeededRandom", "Primitives", "LedgerCrypto", "ContractKit", "ContractTesting", "Governance",
                "Consent", "TFC", "TrustStore", "Marketplace",
            ]
        ),
        tests(
            "TrustStoreTests",
            [
                "SeededRandom", "Primitives", "LedgerCrypto", "ContractKit", "ContractTesting", "Governance",
                "TrustStore",
            ]
        ),
        tests("StorageTests", ["Primitives", "Storage"]),
        room(
            "LedgerTesting",
            "Tests/LedgerTesting",
            ["Primitives", "LedgerCrypto", "Storage", "ContractKit", "Governance", "Consent", "Ledger"]
        ),
        .target(
            name: "CrashPoint",
            path: "Tests/CrashPoint",
            linkerSettings: [.linkedLibrary("dl")]
        ),
        .executableTarget(
            name: "ledger-writer",
            dependencies: ["Primitives", "Storage", "Ledger", "LedgerTesting"],
            path: "Tests/LedgerWriter",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "snapshot-taker",
            dependencies: [
                "Primitives", "LedgerCrypto", "Storage", "Ledger", "LedgerTesting", "NodeRuntime", logging,
            ],
            path: "Tests/SnapshotTaker",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "ledger-benchmark",
            dependencies: ["Primitives", "LedgerCrypto", "Storage", "Ledger", "LedgerTesting"],
            path: "Tests/LedgerBenchmark",
            swiftSettings: strict
        ),
        tests(
            "LedgerTests",
            [
                "SeededRandom", "Primitives", "LedgerCrypto", "Storage", "ContractKit", "Governance", "Consent",
                "ChildProcess", "Contracts", "Ledger", "LedgerTesting", "ledger-writer",
            ]
        ),
        tests("ClientTests", ["Primitives", "LedgerCrypto", "AkashiClient"]),
        .target(
            name: "Simulator",
            dependencies: [
                "Primitives", "LedgerCrypto", "Storage", "Ledger", "Consensus", "ContractKit", "Governance", "Consent",
                "TrustStore", "Marketplace", "Contracts", "ContractTesting", "NodeRuntime",
            ],
            path: "Tests/Simulator",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "simulate",
            dependencies: ["Consensus", "Simulator"],
            path: "Tests/Simulate",
            swiftSettings: strict
        ),
        tests("LoadTests", ["SeededRandom", "Primitives", "AkashiCLI"]),
        tests(
            "NodeAPITests",
            [
                "SeededRandom", "Primitives", "LedgerCrypto", "ContractKit", "NodeRuntime", "NodeAPI", httpClient,
                nioCore, nioPosix, nioHTTP, logging, lifecycle,
            ]
        ),
        tests("ConsensusTests", ["Primitives", "Consensus", "Simulator"]),
        tests("SimulatorTests", ["ChildProcess", "Primitives", "Consensus", "Simulator", "simulate"]),
        tests(
            "NodeRuntimeTests",
            [
                "ChildProcess", "Primitives", "LedgerCrypto", "Storage", "Consensus", "Ledger", "LedgerTesting",
                "ContractKit", "Governance", "NodeRuntime", nioCore, nioPosix, "snapshot-taker",
            ]
        ),
        tests(
            "ProcessTests",
            [
                "SeededRandom", "ChildProcess", "Histories", "Primitives", "LedgerCrypto", "Storage", "Ledger",
                "Consensus", "ContractKit", "Governance", "Consent", "Marketplace", "PeerNetwork", "NodeRuntime",
                "AkashiClient", "akashi", logging,
            ],
            exclude: ["Interop"]
        ),
        room("ChildProcess", "Tests/ChildProcess"),
        room("SeededRandom", "Tests/SeededRandom"),
        tests(
            "CommandTests",
            ["ChildProcess", "Primitives", "LedgerCrypto", "Ledger", "AkashiClient", "AkashiCLI", "akashi"]
        ),
        room("Histories", "Tests/Histories"),
        tests("HistoryTests", ["SeededRandom", "Histories"]),
        tests("PeerNetworkTests", ["SeededRandom", "Primitives", "PeerNetwork", nioCore, nioPosix, nioSSL, logging]),
        tests("VaultTests", ["Primitives", "LedgerCrypto", "Vault", sqlite]),
    ]
)
