import Foundation
import Testing

@testable import ServiceKit

@Suite("Configuration")
struct ConfigurationTests {
    static let declared = [
        Setting("mode", default: "production", allowed: ["production", "development"], help: ""),
        Setting("http.port", .int, default: "8103", range: 0...65_535, help: ""),
        Setting("http.maximumInFlight", .int, default: "512", help: ""),
        Setting(
            "database.url", .url, isSecret: true, isRequired: true, sharedEnvironmentName: "DATABASE_URL", help: ""),
        Setting("dues.orderLifetime", .duration, default: "15m", help: ""),
        Setting("dues.vnpay.secret", isSecret: true, help: ""),
        Setting("dues.sandbox", .bool, default: "false", isDevelopmentOnly: true, help: ""),
        Setting("dues.gateways", .list, help: ""),
    ]

    func loader(_ environment: [String: String], file: String? = nil) throws -> SettingsLoader {
        var path: String?
        if let file {
            let url = FileManager.default.temporaryDirectory.appending(path: "hoso-\(UUID().uuidString).json")
            try Data(file.utf8).write(to: url)
            path = url.path
        }
        return SettingsLoader(
            declared: Self.declared, environment: environment, filePath: path, foreignPrefixes: ["intake", "routing"])
    }

    @Test(
        "a key has one name in the environment",
        arguments: [
            ("http.port", "HOSO_HTTP_PORT"), ("http.maximumInFlight", "HOSO_HTTP_MAXIMUM_IN_FLIGHT"),
            ("projection.max-age", "HOSO_PROJECTION_MAX_AGE"), ("dues.vnpay.secret", "HOSO_DUES_VNPAY_SECRET"),
        ])
    func environmentName(key: String, name: String) {
        #expect(Setting(key, help: "").environmentName == name)
    }

    @Test("the environment comes before the file, the file before the default, each value says where it came from")
    func order() throws {
        let settings = try loader(
            ["DATABASE_URL": "postgresql://h/d", "HOSO_HTTP_PORT": "9000"],
            file: #"{"http": {"port": 9001, "maximumInFlight": 64}, "dues.gateways": ["vnpay", "momo"]}"#
        ).load()
        #expect(try settings.int("http.port") == 9000)
        #expect(try settings.int("http.maximumInFlight") == 64)
        #expect(try settings.duration("dues.orderLifetime") == .seconds(900))
        #expect(try settings.list("dues.gateways") == ["vnpay", "momo"])
        #expect(settings.values["http.port"]?.origin == .environment("HOSO_HTTP_PORT"))
        #expect(settings.values["database.url"]?.origin == .environment("DATABASE_URL"))
        #expect(settings.values["dues.orderLifetime"]?.origin == .defaultValue)
    }

    @Test("a default for development must be stated in production, to the command that needs it")
    func developmentDefault() {
        let setting = Setting(
            "dues.payUrl", .url, default: "https://sandbox.example/", hasDevelopmentDefault: true, help: "")
        func faults(_ environment: [String: String], isNeeded: Bool = true) -> [ConfigurationFault.Entry] {
            SettingsLoader(declared: Self.declared.prefix(1) + [setting], environment: environment)
                .inspect { _ in isNeeded }.1
        }
        let fault = "must be stated in production, its default is for development (set HOSO_DUES_PAY_URL)"
        #expect(faults([:]) == [.init(key: "dues.payUrl", fault: fault)])
        #expect(faults([:], isNeeded: false).isEmpty)
        #expect(faults(["HOSO_DUES_PAY_URL": "https://sandbox.example/"]).isEmpty)
        #expect(faults(["HOSO_MODE": "development"]).isEmpty)
    }

    @Test("a service's own variable comes before the suite's")
    func ownBeforeShared() throws {
        let settings = try loader([
            "DATABASE_URL": "postgresql://h/all", "HOSO_DATABASE_URL": "postgresql://h/dues",
        ]).load()
        #expect(try settings.string("database.url") == "postgresql://h/dues")
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        var what: String
        var environment: [String: String]
        var file: String?
        var key: String
        var says: String

        var testDescription: String { what }
    }

    static let valid = ["DATABASE_URL": "postgresql://h/d"]

    @Test(
        "everything that is wrong is refused by name",
        arguments: [
            Fault(what: "missing", environment: [:], key: "database.url", says: "is missing (set HOSO_DATABASE_URL"),
            Fault(
                what: "unknown variable", environment: ["HOSO_DUES_VNPAY_SECRT": "x"], key: "HOSO_DUES_VNPAY_SECRT",
                says: "did you mean HOSO_DUES_VNPAY_SECRET?"),
            Fault(
                what: "unknown key in the file", environment: [:], file: #"{"http": {"prot": 1}}"#, key: "http.prot",
                says: "did you mean http.port?"),
            Fault(what: "no number", environment: ["HOSO_HTTP_PORT": "http"], key: "http.port", says: "whole number"),
            Fault(what: "out of range", environment: ["HOSO_HTTP_PORT": "70000"], key: "http.port", says: "between"),
            Fault(
                what: "no unit", environment: ["HOSO_DUES_ORDER_LIFETIME": "15"], key: "dues.orderLifetime",
                says: "duration"),
            Fault(what: "no URL", environment: ["DATABASE_URL": "somewhere"], key: "database.url", says: "URL"),
            Fault(what: "not allowed", environment: ["HOSO_MODE": "test"], key: "mode", says: "one of"),
            Fault(
                what: "development in production", environment: ["HOSO_DUES_SANDBOX": "true"], key: "dues.sandbox",
                says: "refused in production"),
            Fault(what: "no JSON", environment: [:], file: "{", key: "hoso-", says: "no JSON object"),
            Fault(
                what: "a file for what is no secret", environment: ["HOSO_HTTP_PORT_FILE": "/x"],
                key: "HOSO_HTTP_PORT_FILE", says: "only secrets"),
            Fault(
                what: "a secret file that is away", environment: ["HOSO_DUES_VNPAY_SECRET_FILE": "/does/not/exist"],
                key: "dues.vnpay.secret", says: "cannot be read"),
        ])
    func faults(_ fault: Fault) throws {
        let needsDatabase = fault.key != "database.url"
        let environment = fault.environment.merging(needsDatabase ? Self.valid : [:]) { given, _ in given }
        let (_, found) = try loader(environment, file: fault.file).inspect()
        #expect(found.contains { $0.key.contains(fault.key) && $0.fault.contains(fault.says) }, "\(found)")
    }

    @Test("all faults are told at once, and none of them holds a value")
    func allAtOnce() throws {
        let (_, found) = try loader(["HOSO_HTTP_PORT": "s3cret-value", "HOSO_MODE": "s3cret-value"]).inspect()
        #expect(found.map(\.key).sorted() == ["database.url", "http.port", "mode"])
        #expect(!found.contains { $0.fault.contains("s3cret-value") })
    }

    @Test("variables of other services and of the suite's tools are none of this service's business")
    func foreign() throws {
        let (_, found) = try loader(
            Self.valid.merging(["HOSO_INTAKE_X": "1", "HOSO_TEST_SEED": "1", "HOSO_CONFIG": ""]) { $1 }
        ).inspect()
        #expect(found.isEmpty)
    }

    @Test("a setting declared twice is a fault")
    func twice() throws {
        let loader = SettingsLoader(
            declared: Self.declared + [Setting("http.port", .int, help: "")], environment: Self.valid)
        #expect(loader.inspect().1 == [.init(key: "HOSO_HTTP_PORT", fault: "is declared twice")])
    }

    @Test("a secret is read from its file, without the line break at its end")
    func secretFile() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "hoso-\(UUID().uuidString)")
        try Data("made-up-secret\n".utf8).write(to: url)
        let settings = try loader(Self.valid.merging(["HOSO_DUES_VNPAY_SECRET_FILE": url.path]) { $1 }).load()
        #expect(try settings.string("dues.vnpay.secret") == "made-up-secret")
    }

    @Test("the report hides secrets and says where each value came from")
    func report() throws {
        let settings = try loader(Self.valid.merging(["HOSO_DUES_VNPAY_SECRET": "made-up-secret"]) { $1 }).load()
        let lines = Dictionary(uniqueKeysWithValues: settings.report.map { ($0.key, $0) })
        #expect(lines["dues.vnpay.secret"]?.value == "(hidden)")
        #expect(lines["dues.vnpay.secret"]?.origin == "environment HOSO_DUES_VNPAY_SECRET")
        #expect(lines["http.port"]?.origin == "default")
        #expect(lines["dues.gateways"]?.value == "-")
        #expect(!settings.report.contains { $0.value.contains("made-up-secret") })
    }

    @Test("a command that does not need a setting runs without it")
    func partialNeed() throws {
        _ = try loader([:]).load { $0.key != "database.url" }
    }

    @Test(
        "durations have a unit",
        arguments: [
            ("250ms", Duration.milliseconds(250)), ("5s", .seconds(5)), ("10m", .seconds(600)),
            ("8h", .seconds(28_800)),
            ("7d", .seconds(604_800)), ("0s", .zero),
        ])
    func durations(text: String, value: Duration) {
        #expect(SettingValue.duration(text) == value)
    }

    @Test("no duration", arguments: ["", "5", "s", "-1s", "1.5s", "5 s", "99999999999999d"])
    func noDurations(text: String) {
        #expect(SettingValue.duration(text) == nil)
    }

    @Test("reading an undeclared key is an error, not a crash")
    func undeclared() throws {
        let settings = try loader(Self.valid).load()
        #expect(throws: ConfigurationFault.self) { try settings.string("http.prot") }
    }
}
