// swift-tools-version: 6.2
import PackageDescription

// Shapes of this package, the small ones for a quick loop and for sanitizers:
//   - everything: what is built, tested and deployed;
//   - HOSO_ONLY=foundation: the C-facing modules alone;
//   - HOSO_ONLY=messaging: those and Messaging.
let only = Context.environment["HOSO_ONLY"]

// For a quick loop: only these test targets, for example HOSO_TESTS=DuesTests,DuesDomainTests.
let chosenTests = Context.environment["HOSO_TESTS"].map { Set($0.split(separator: ",").map(String.init)) }

// Under the thread sanitizer (HOSO_SANITIZE=thread) librdkafka's C11 threads are passed on to pthreads, see the target.
let sanitizerThreads: [Target.Dependency] =
    Context.environment["HOSO_SANITIZE"] == "thread" ? [.target(name: "SanitizerThreads")] : []

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

extension Target.Dependency {
    static let argumentParser = product(name: "ArgumentParser", package: "swift-argument-parser")
    static let asyncHTTPClient = product(name: "AsyncHTTPClient", package: "async-http-client")
    static let collections = product(name: "Collections", package: "swift-collections")
    static let configuration = product(name: "Configuration", package: "swift-configuration")
    static let httpTypes = product(name: "HTTPTypes", package: "swift-http-types")
    static let hummingbird = product(name: "Hummingbird", package: "hummingbird")
    static let hummingbirdCore = product(name: "HummingbirdCore", package: "hummingbird")
    static let hummingbirdTesting = product(name: "HummingbirdTesting", package: "hummingbird")
    static let jwtKit = product(name: "JWTKit", package: "jwt-kit")
    static let logging = product(name: "Logging", package: "swift-log")
    static let metrics = product(name: "Metrics", package: "swift-metrics")
    static let coreMetrics = product(name: "CoreMetrics", package: "swift-metrics")
    static let nioCore = product(name: "NIOCore", package: "swift-nio")
    static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
    static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
    static let serviceLifecycle = product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let subprocess = product(name: "Subprocess", package: "swift-subprocess")
    static let unixSignals = product(name: "UnixSignals", package: "swift-service-lifecycle")
    static let yams = product(name: "Yams", package: "Yams")
}

func module(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource]? = nil) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Shared/\(name)", resources: resources, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: dependencies, path: "Tests/\(name)Tests", resources: resources,
        swiftSettings: settings)
}

let cLibraries: [Target] = [
    .systemLibrary(
        name: "CRdKafka", path: "Shared/C/CRdKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
    .systemLibrary(name: "CLibPQ", path: "Shared/C/CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(
        name: "COpenSSL", path: "Shared/C/COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(
        name: "CPKCS11", path: "Shared/C/CPKCS11", pkgConfig: "p11-kit-1", providers: [.apt(["libp11-kit-dev"])]),
]

let foundation: [Target] =
    cLibraries + [
        module("Kafka", ["CRdKafka", .logging, .metrics]),
        module("Postgres", ["CLibPQ", .logging, .metrics]),
        module("Trust", ["COpenSSL", "CPKCS11"]),
        // librdkafka's mock cluster, for the tests and for the embedded broker of one machine.
        .target(name: "CMockBind", path: "Infra/dev/CMockBind"),
        .target(
            name: "MockBroker", dependencies: ["CRdKafka", "CMockBind"], path: "Infra/dev/MockBroker",
            swiftSettings: settings),
        // What the tests of several modules share: a private PostgreSQL server, the embedded broker, waiting with a deadline.
        .target(
            name: "TestStack", dependencies: ["Kafka", "Postgres", "MockBroker", "TestSeed", .subprocess],
            path: "Tests/TestStack",
            swiftSettings: settings),
        tests(
            "Kafka",
            ["Kafka", "TestStack", "MockBroker", .logging, .metrics] + sanitizerThreads),
        .target(name: "SanitizerThreads", path: "Tests/SanitizerThreads"),
        // Random numbers that a printed seed brings back.
        .target(name: "TestSeed", path: "Tests/TestSeed", swiftSettings: settings),
        tests("Postgres", ["Postgres", "TestStack"]),
        // Certificates for tests, made by the development PKI's own script.
        .target(name: "TestPKI", dependencies: ["Trust", .subprocess], path: "Tests/TestPKI", swiftSettings: settings),
        tests("Trust", ["Trust", "TestPKI", "TestStack", .subprocess]),
    ]

let messaging: [Target] = [
    module("Contracts"),
    module(
        "Messaging", ["Contracts", "Kafka", "Postgres", "Trust", .logging, .metrics, .serviceLifecycle],
        resources: [.embedInCode("Migrations/0001_messaging.sql")]),
    module(
        "Projections", ["Contracts", "Messaging", "Postgres"],
        resources: [.embedInCode("Migrations/0001_directory.sql")]),
    tests(
        "Messaging",
        ["Messaging", "Projections", "Contracts", "Kafka", "Postgres", "TestStack", "MockBroker", .logging]),
]

/// What draws documents and codes.
let documentLibraries: [Target] = [
    .systemLibrary(
        name: "CPango", path: "Shared/C/CPango", pkgConfig: "pangocairo", providers: [.apt(["libpango1.0-dev"])]),
    .systemLibrary(
        name: "CQREncode", path: "Shared/C/CQREncode", pkgConfig: "libqrencode",
        providers: [.apt(["libqrencode-dev"])]),
]

/// Workbooks are compressed archives.
let compressionLibrary = Target.systemLibrary(
    name: "CZlib", path: "Shared/C/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])])

/// The mail client that Notification sends through.
let mailLibrary = Target.systemLibrary(
    name: "CCurl", path: "Shared/C/CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])])

/// One service: its pure rules as a target of their own, so the compiler keeps input and output out, and the executable.
func service(
    _ name: String, domain: [Target.Dependency] = [], _ dependencies: [Target.Dependency] = [],
    migrations: [String] = [], resources: [Resource] = [], domainResources: [Resource]? = nil, exclude: [String] = []
) -> [Target] {
    [
        .target(
            name: "\(name)Domain", dependencies: ["Contracts", "WorkingTime"] + domain,
            path: "Services/\(name)/Domain", resources: domainResources, swiftSettings: settings),
        .executableTarget(
            name: name,
            dependencies: [
                .target(name: "\(name)Domain"), "Contracts", "WorkingTime", "Kafka", "Postgres", "Trust", "Messaging",
                "ServiceKit", .argumentParser, .hummingbird, .logging, .metrics, .serviceLifecycle,
            ] + dependencies,
            path: "Services/\(name)", exclude: ["Domain"] + exclude,
            resources: migrations.map { .embedInCode("Storage/Migrations/\($0).sql") } + resources,
            swiftSettings: settings),
    ]
}

let whole: [Target] =
    documentLibraries + [
        mailLibrary,
        compressionLibrary,
        module("WorkingTime", ["Contracts"], resources: [.embedInCode("Resources/calendar-vn.json")]),
        // Files of records, read as they arrive; their layouts are data.
        module("Records", ["Contracts"]),
        tests("Records", ["Records", "Contracts"]),
        // QR codes, as squares and as images.
        module("QRCodes", ["CQREncode", "CZlib"]),
        tests("QRCodes", ["QRCodes", .subprocess]),
        module(
            "ServiceKit",
            [
                "Contracts", "Kafka", "Messaging", "Postgres", "Trust", .argumentParser, .asyncHTTPClient,
                .configuration,
                .coreMetrics, .httpTypes, .hummingbird, .hummingbirdCore, .jwtKit, .logging, .metrics, .nioCore,
                .nioHTTP1,
                .serviceLifecycle, .unixSignals,
            ],
            resources: [
                .embedInCode("Migrations/0001_idempotency_and_audit.sql"),
                .embedInCode("Migrations/0002_audit_stands.sql"),
            ]),
        // A Kafka for one machine, with the topics of the suite.
        .executableTarget(
            name: "EmbeddedBroker", dependencies: ["Contracts", "MockBroker", .argumentParser],
            path: "Infra/dev/EmbeddedBroker", swiftSettings: settings),
        // Result documents: drawn, and signed as PDF. A part of the Signing service that can be tested alone.
        .target(
            name: "SigningDocuments", dependencies: ["CPango", "QRCodes", "Trust"],
            path: "Services/Signing/Documents",
            swiftSettings: settings),
        tests("SigningDocuments", ["SigningDocuments", "Trust", "TestPKI", .subprocess]),
        tests("SigningDomain", ["SigningDomain", "Contracts"]),
        tests(
            "Signing",
            [
                "Signing", "SigningDocuments", "SigningDomain", "Contracts", "Kafka", "Messaging", "Postgres",
                "ServiceKit",
                "ServiceTestKit", "TestPKI", "TestStack", "Trust", .httpTypes, .subprocess,
            ]),
        // The operators' command.
        .executableTarget(
            name: "hosoctl",
            dependencies: [
                "Contracts", "DuesDomain", "Kafka", "MadeUpCountry", "Messaging", "ProcedureTools", "ServiceKit",
                "Trust", .argumentParser, .asyncHTTPClient, .logging, .nioCore, .nioHTTP1,
            ], path: "Infra/hosoctl", exclude: ["MadeUpCountry", "ProcedureTools"], swiftSettings: settings),
        // Definitions of procedures as an author looks at them: checked, as a graph, walked over a tree.
        .target(
            name: "ProcedureTools",
            dependencies: ["Contracts", "RoutingDomain", "RoutingProcedures", "WorkingTime", .argumentParser],
            path: "Infra/hosoctl/ProcedureTools", swiftSettings: settings),
        tests(
            "ProcedureTools",
            [
                "ProcedureTools", "MadeUpCountry", "RoutingDomain", "RoutingProcedures", "WorkingTime", "Contracts",
                .argumentParser,
            ]),
        // A made-up population on the real shape of the country, for trying and measuring imports.
        .target(
            name: "MadeUpCountry", dependencies: ["Contracts"], path: "Infra/hosoctl/MadeUpCountry",
            swiftSettings: settings),
        tests("MadeUpCountry", ["MadeUpCountry", "Contracts"]),
        // The measured side of the benchmarks of Messaging.
        .executableTarget(
            name: "BenchmarkSubject",
            dependencies: [
                "Contracts", "Kafka", "Messaging", "Postgres", .argumentParser, .logging, .serviceLifecycle,
            ], path: "Benchmarks/Subject", swiftSettings: settings),
        // What the tests of every service share: the service on a fresh schema, called without a socket; tokens.
        .target(
            name: "ServiceTestKit",
            dependencies: [
                "Contracts", "Kafka", "Messaging", "Postgres", "ServiceKit", "TestStack", .httpTypes, .hummingbird,
                .hummingbirdTesting, .logging, .nioCore, .nioPosix,
            ], path: "Tests/ServiceTestKit", swiftSettings: settings),
        tests(
            "ServiceKit",
            [
                "Contracts", "Kafka", "Messaging", "Postgres", "ServiceKit", "ServiceTestKit", "TestStack", "Trust",
                .asyncHTTPClient, .coreMetrics, .httpTypes, .hummingbird, .logging, .metrics, .nioCore, .nioHTTP1,
                .serviceLifecycle, .subprocess,
            ]),
        tests("Contracts", ["Contracts", "TestSeed"]),
        tests("WorkingTime", ["WorkingTime", "Contracts", "TestSeed"]),
        tests(
            "Console",
            [
                "Console", "ConsoleDomain", "Contracts", "Kafka", "Messaging", "Postgres", "ServiceKit",
                "ServiceTestKit",
                "TestStack", .asyncHTTPClient, .httpTypes, .logging, .nioCore,
            ]),
        tests("DirectoryDomain", ["DirectoryDomain", "Contracts"]),
        tests(
            "Directory",
            [
                "Directory", "DirectoryDomain", "Contracts", "MadeUpCountry", "Messaging", "Postgres", "Records",
                "ServiceKit", "ServiceTestKit", "TestStack", .httpTypes, .nioCore,
            ]),
        tests("DuesDomain", ["DuesDomain", "Contracts"]),
        tests(
            "Dues",
            [
                "Dues", "DuesDomain", "Contracts", "Messaging", "Postgres", "Projections", "QRCodes", "ServiceKit",
                "ServiceTestKit",
                "TestStack", "Trust", .httpTypes, .hummingbird, .logging, .nioCore, .nioPosix, .subprocess,
            ]),
        tests("IntakeDomain", ["IntakeDomain", "Contracts", "WorkingTime"]),
        tests(
            "Intake",
            [
                "Intake", "IntakeDomain", "Contracts", "Kafka", "Messaging", "Postgres", "RoutingDomain",
                "RoutingProcedures", "ServiceKit", "ServiceTestKit", "TestStack", "Trust", .httpTypes,
            ]),
        tests("NotificationDomain", ["NotificationDomain", "Contracts"]),
        tests(
            "Notification",
            [
                "Notification", "NotificationDomain", "Contracts", "Kafka", "Messaging", "Postgres", "Projections",
                "ServiceKit", "ServiceTestKit", "TestStack",
            ]),
        tests("RoutingDomain", ["RoutingDomain", "RoutingProcedures", "Contracts", "TestSeed", "WorkingTime"]),
        // Definitions of procedures: read from YAML, checked, and the published ones.
        .target(
            name: "RoutingProcedures", dependencies: ["Contracts", "RoutingDomain", "WorkingTime", .yams],
            path: "Services/Routing/Procedures",
            resources: [
                .embedInCode("dues-objection.yaml"), .embedInCode("inbound-transfer.yaml"),
                .embedInCode("official-transfer.yaml"), .embedInCode("residence-opinion.yaml"),
                .embedInCode("temporary-stay-change.yaml"), .embedInCode("temporary-transfer.yaml"),
            ],
            swiftSettings: settings),
        tests("RoutingProcedures", ["RoutingProcedures", "RoutingDomain", "Contracts", "WorkingTime"]),
        tests(
            "Routing",
            [
                "Routing", "RoutingDomain", "RoutingProcedures", "Contracts", "Messaging", "Postgres", "Projections",
                "ServiceKit",
                "ServiceTestKit", "TestStack", "WorkingTime", .httpTypes,
            ]),
    ]
    + service(
        "Console", [.asyncHTTPClient, .httpTypes, .nioCore, .nioHTTP1], migrations: ["0001_console"],
        resources: [.embedInCode("Page/page.css"), .embedInCode("Page/page.js")])
    + service(
        "Directory", ["Records", .asyncHTTPClient, .nioCore, .nioHTTP1],
        migrations: [
            "0001_directory", "0002_past", "0003_people", "0004_import", "0005_dues_figures", "0006_figures_again",
        ],
        resources: [
            .embedInCode("Import/Layouts/members-4.0.json"), .embedInCode("Import/Layouts/organizations-4.0.json"),
            .embedInCode("Import/Layouts/answers-4.0.json"), .embedInCode("Import/Layouts/figures-1.0.json"),
        ])
    + service(
        "Dues", ["CZlib", "Projections", "QRCodes", .asyncHTTPClient, .httpTypes, .nioCore, .nioHTTP1, .nioPosix],
        migrations: [
            "0001_dues", "0002_standing_rows_and_advances", "0003_policies_and_decisions", "0004_gateways",
            "0005_changes_of_members", "0006_refunds", "0007_reconciliation", "0008_books", "0009_remittances",
            "0010_cash", "0011_voluntary_amounts", "0012_settled_right", "0013_figures", "0014_reports",
            "0015_receipt_documents", "0016_assessment_lanes", "0017_refunds_held", "0018_settled_either_way",
            "0019_lists_reports_figures",
        ],
        domainResources: [
            .embedInCode("Resources/dues-policy.json"), .embedInCode("Resources/settlement-vnpay-csv.json"),
            .embedInCode("Resources/settlement-portal-pipe.json"),
            .embedInCode("Resources/settlement-bank-camt053.json"),
        ])
    + service(
        "Intake", ["Projections", .httpTypes, .nioCore, .yams],
        migrations: ["0001_intake", "0002_supplements", "0003_campaign_cases"],
        resources: [
            .embedInCode("Catalogue/dues-objection.yaml"), .embedInCode("Catalogue/inbound-transfer.yaml"),
            .embedInCode("Catalogue/official-transfer.yaml"),
            .embedInCode("Catalogue/residence-opinion.yaml"), .embedInCode("Catalogue/temporary-stay-change.yaml"),
            .embedInCode("Catalogue/temporary-transfer.yaml"),
        ])
    + service(
        "Notification", ["CCurl", "Projections", .asyncHTTPClient, .nioCore, .nioHTTP1, .yams],
        migrations: ["0001_notification"], resources: [.embedInCode("Rules/notices.yaml")])
    + service(
        "Routing", ["Projections", "RoutingProcedures"],
        migrations: [
            "0001_routing", "0002_deadlines_and_work_lists", "0003_campaigns", "0004_turns", "0005_supplements",
            "0006_stays", "0007_procedure_definitions", "0008_opinions_by_list",
            "0009_dues_standings",
        ], exclude: ["Procedures"])
    + service(
        "Signing", ["Projections", "SigningDocuments", .httpTypes],
        migrations: ["0001_signing", "0002_unreadable_jobs", "0003_receipts"],
        exclude: ["Documents"])

/// The services as they are deployed.
let executables: [Product] = [
    .executable(name: "hosoctl", targets: ["hosoctl"]),
    .executable(name: "hoso-console", targets: ["Console"]),
    .executable(name: "hoso-directory", targets: ["Directory"]),
    .executable(name: "hoso-dues", targets: ["Dues"]),
    .executable(name: "hoso-intake", targets: ["Intake"]),
    .executable(name: "hoso-notification", targets: ["Notification"]),
    .executable(name: "hoso-routing", targets: ["Routing"]),
    .executable(name: "hoso-signing", targets: ["Signing"]),
]

let targets: [Target] =
    switch only {
    case "foundation": foundation
    case "messaging": foundation + messaging
    default: foundation + messaging + whole
    }

let package = Package(
    name: "hoso",
    products: only == nil ? executables : [],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: [.defaults, "JSON"]),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ].filter { package in only.map { package.isNeeded(for: $0) } ?? true },
    targets: targets.filter { target in
        chosenTests.map { target.type != .test || $0.contains(target.name) } ?? true
    },
    swiftLanguageModes: [.v6]
)

extension Package.Dependency {
    /// Whether a small shape needs it.
    func isNeeded(for shape: String) -> Bool {
        guard case .sourceControl(_, let location, _) = kind else { return false }
        let names = ["swift-log", "swift-metrics", "swift-subprocess"]
        let wanted = shape == "messaging" ? names + ["swift-service-lifecycle"] : names
        return wanted.contains { location.hasSuffix("/\($0)") }
    }
}
