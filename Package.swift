// swift-tools-version: 6.3
import PackageDescription

/// tools/fuzz sets it: all modules are then built with coverage and address checks, and there is a program `fuzz`.
let isFuzzing = Context.environment["ROUNDTABLE_FUZZ"] != nil
let fuzzed: [SwiftSetting] = isFuzzing ? [.unsafeFlags(["-sanitize=fuzzer,address", "-assert-config", "Debug"])] : []

/// Every target of ours: Swift 6 language mode (from the tools version), strict memory safety,
/// and no warning left standing.
let strict: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
] + fuzzed

/// tools/profile sets it: the dataplane then counts how often each of its branches is taken.
let isProfiling = Context.environment["ROUNDTABLE_PROFILING"] != nil
/// What the optimizer is told of these counts, which functions to inline and which code to place together: of modules that
/// serve requests. Given to the frontend, since the driver takes these options and does not pass them on.
let ofTheDataplane: [SwiftSetting] = strict + (isFuzzing ? [] : [
    .unsafeFlags(
        ["-Xfrontend", isProfiling ? "-ir-profile-generate" : "-ir-profile-use=\(Context.packageDirectory)/generated/profile/dataplane.profdata"],
        .when(configuration: .release)),
])

/// Executables carry the Swift runtime with them: they run where no Swift is installed. Released ones carry that of C++ too,
/// which Swift's is written in; what runs often stays together in memory.
let selfContained: [LinkerSetting] = [
    .unsafeFlags(["-static-stdlib"] + (isProfiling ? ["-profile-generate"] : [])),
    .unsafeFlags(
        [
            "-use-ld=lld", "-L", "\(Context.packageDirectory)/Sources/Linking", "-Xclang-linker", "-static-libgcc",
            "-Xlinker", "-z", "-Xlinker", "keep-text-section-prefix",
        ],
        .when(configuration: .release)),
]

/// What FoundationEssentials needs beside itself when it is linked statically; swift-argument-parser brings it.
let withFoundationEssentials: [LinkerSetting] = selfContained + [
    .linkedLibrary("_FoundationCollections"), .linkedLibrary("_FoundationCShims"), .linkedLibrary("swiftSynchronization"),
]

/// libFuzzer around the functions of FuzzTargets.
let fuzzer: [Target] = !isFuzzing ? [] : [
    .systemLibrary(name: "CFuzzer", path: "Tests/Fuzz/CFuzzer"),
    .executableTarget(
        name: "fuzz", dependencies: ["FuzzTargets", "CFuzzer"], path: "Tests/Fuzz/Runner", swiftSettings: strict,
        linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]),
]

/// What the tests of `convert` read, beside them.
let convertExamples = ["everything", "unserved"].flatMap { name in
    ["apk-conf", "txt", "check.txt"].map { "Convert/\(name).\($0)" }
}

let package = Package(
    name: "roundtable",
    products: [
        .executable(name: "rtblc", targets: ["rtblc"]),
        .executable(name: "dataplane", targets: ["dataplane"]),
        .executable(name: "mock-llm", targets: ["mock-llm"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    ],
    targets: [
        // C: layouts, system calls, a processor's own instructions, system libraries
        .target(name: "CTable"),
        .target(name: "CLinux"),
        .target(name: "CJSONText", cSettings: isFuzzing ? [.unsafeFlags(["-fsanitize=fuzzer-no-link,address"])] : []),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CJansson", pkgConfig: "jansson", providers: [.apt(["libjansson-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "COpenSSLTLS", pkgConfig: "libssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
        // its pkg-config names flags that packages may not set, and that nothing here needs
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .target(name: "CTLS", dependencies: ["COpenSSLTLS", "COpenSSL"]),

        // threads for work that comes in parts
        .target(name: "Threading", dependencies: ["CLinux"], swiftSettings: strict),
        .target(name: "CFetch", dependencies: ["CLinux"], linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),

        // the format, shared by both sides
        .target(name: "RoutingTable", dependencies: ["CTable", "CLinux", "COpenSSL", "Threading"], exclude: ["FORMAT.md"], swiftSettings: ofTheDataplane),

        // the compiler's side
        .target(name: "Policies", dependencies: ["CYAML", "Threading"], swiftSettings: strict),
        .target(name: "Compiler", dependencies: ["Policies", "RoutingTable", "CTable", "COpenSSL", "Threading"], exclude: ["IntermediateRepresentation/IR.md"], swiftSettings: strict),
        .executableTarget(
            name: "rtblc",
            dependencies: ["Compiler", "Policies", "RoutingTable", "Threading", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: strict, linkerSettings: withFoundationEssentials),

        // the dataplane's side: no YAML, no Foundation
        .target(
            name: "AdminPage",
            resources: ["index.html", "style.css", "model.js", "charts.js", "view.js", "actions.js", "main.js"].map { .embedInCode($0) },
            swiftSettings: strict),
        .target(name: "Proxy", dependencies: ["AdminPage", "RoutingTable", "CTable", "CLinux", "CFetch", "CJSONText", "CJansson", "COpenSSL", "CTLS", "CSeccomp", "CHiredis"], swiftSettings: ofTheDataplane),
        .executableTarget(name: "dataplane", dependencies: ["Proxy", "CLinux"], swiftSettings: ofTheDataplane, linkerSettings: selfContained),

        // a stand-in provider on an HTTP stack that is not ours, so that it cannot share our misreadings
        .executableTarget(
            name: "mock-llm",
            dependencies: [
                "CJansson", "COpenSSL",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: strict, linkerSettings: selfContained),

        // what tests share, and what is fuzzed: its seeds and finds are replayed as tests
        .target(
            name: "TestSupport", dependencies: ["Compiler", "Proxy", "RoutingTable", "CTable", "CJansson"], path: "Tests/Support",
            swiftSettings: strict),
        .target(
            name: "FuzzTargets", dependencies: ["Compiler", "Policies", "Proxy", "RoutingTable", "CTable", "TestSupport"],
            path: "Tests/Fuzz/Targets", swiftSettings: strict),
        .testTarget(name: "FuzzTests", dependencies: ["FuzzTargets"], path: "Tests/Fuzz/Replay", swiftSettings: strict),

        // measures tables of many APIs: tools/bench scale
        .executableTarget(
            name: "table-bench", dependencies: ["Compiler", "Policies", "Proxy", "RoutingTable", "CTable", "Threading"], path: "tools/bench.d/table-bench",
            swiftSettings: strict, linkerSettings: withFoundationEssentials),

        .testTarget(
            name: "RoutingTableTests", dependencies: ["RoutingTable", "Compiler", "CTable", "TestSupport", "Threading"], swiftSettings: strict),
        .testTarget(name: "PoliciesTests", dependencies: ["Policies", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "CompilerTests", dependencies: ["Compiler", "Policies", "RoutingTable", "CTable", "TestSupport"], exclude: ["Bad"] + convertExamples,
            swiftSettings: strict),
        .testTarget(
            name: "ProxyTests", dependencies: ["Proxy", "Compiler", "RoutingTable", "CJansson", "TestSupport"], swiftSettings: strict),
    ] + fuzzer
)
