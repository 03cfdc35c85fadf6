import Contracts
import Foundation
import HTTPTypes
import Logging
import ServiceTestKit
import Synchronization
import TestStack
import Testing

@testable import ServiceKit

@Suite("Identity")
struct IdentityTests {
    static let member = MemberID(SystemIDSource().next(at: TestTimes.start))

    func token(
        _ signer: DevelopmentSigner, subject: String = "\(IdentityTests.member)", level: Int = 2, roles: [String] = [],
        audience: String = "hoso", notBefore: Double? = nil, expires: Double = 600,
        issuer: String = IdentitySettings.standInIssuer
    ) async throws -> String {
        try await signer.sign(
            .init(
                subject: subject, level: level, roles: roles, audience: audience,
                notBefore: notBefore.map { TestTimes.start.addingTimeInterval($0) },
                expiresAt: TestTimes.start.addingTimeInterval(expires)), issuer: issuer)
    }

    @Test("a member with a token of level 2 is let in and known by id")
    func accepted() async throws {
        try await withTestService(Probe.self) { service in
            let answer = try await service.call(.get, "/v1/me", token: try await token(service.signer))
            #expect(answer.status == .ok)
            #expect(try answer.json([String: String].self) == ["subject": "\(Self.member)", "member": "true"])
        }
    }

    @Test("what is wrong with a token decides the problem")
    func refused() async throws {
        try await withTestService(Probe.self) { service in
            let cases: [(String, String?, String)] = [
                ("no token", nil, "not-signed-in"),
                ("expired", try await token(service.signer, expires: -60), "token-expired"),
                ("within the leeway", try await token(service.signer, expires: -10), "ok"),
                ("not yet valid", try await token(service.signer, notBefore: 120), "token-not-yet-valid"),
                ("level 1", try await token(service.signer, level: 1), "assurance-level-too-low"),
                ("another audience", try await token(service.signer, audience: "other"), "token-invalid"),
                (
                    "another issuer", try await token(service.signer, issuer: "https://other.example"),
                    "token-invalid"
                ),
                ("another key", try await token(DevelopmentSigner()), "token-invalid"),
                ("an unknown key", try await token(DevelopmentSigner(keyID: "other")), "token-invalid"),
                ("an odd subject", try await token(service.signer, subject: "admin"), "token-invalid"),
                ("no token at all", "nonsense", "token-invalid"),
                ("unsigned", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.", "token-invalid"),
            ]
            for (name, token, expected) in cases {
                let answer = try await service.call(.get, "/v1/me", token: token)
                #expect((answer.problem ?? "ok") == expected, "\(name): \(answer.text)")
                if answer.status == .unauthorized {
                    #expect(answer.headers[.wwwAuthenticate]?.hasPrefix("Bearer") == true)
                }
            }
        }
    }

    @Test("a signature changed by one letter is refused")
    func forged() async throws {
        try await withTestService(Probe.self) { service in
            var token = Array(try await token(service.signer))
            let place = token.count - 10
            token[place] = token[place] == "A" ? "B" : "A"
            #expect(try await service.call(.get, "/v1/me", token: String(token)).problem == "token-invalid")
        }
    }

    @Test("only operators are operators: not a member who claims the role")
    func operators() async throws {
        try await withTestService(Probe.self) { service in
            #expect(try await service.call(.get, "/v1/operators", token: service.operatorToken()).status == .noContent)
            let member = try await token(service.signer, roles: [Caller.operatorRole])
            #expect(try await service.call(.get, "/v1/operators", token: member).problem == "forbidden")
            let other = try await token(service.signer, subject: "operator:test")
            #expect(try await service.call(.get, "/v1/operators", token: other).problem == "forbidden")
        }
    }

    @Test("a route that needs nobody answers, even to a bad token")
    func open() async throws {
        try await withTestService(Probe.self) { service in
            let answer = try await service.call(.get, "/v1/open", token: "nonsense")
            #expect(answer.status == .ok)
        }
    }

    final class Source: Sendable {
        private let state = Mutex((document: Optional<String>.none, count: 0))

        func set(_ document: String?) { state.withLock { $0.document = document } }
        var count: Int { state.withLock { $0.count } }

        func fetch() throws -> Data {
            try state.withLock { state in
                state.count += 1
                guard let document = state.document else { throw KeySetFault.unreadable }
                return Data(document.utf8)
            }
        }
    }

    func verifier(_ source: Source, _ time: ManualTimeSource) -> TokenVerifier {
        let keys = RefreshingKeys(refresh: 600, time: time, logger: Logger(label: "test")) { try source.fetch() }
        return TokenVerifier(
            keys: keys, issuer: IdentitySettings.standInIssuer, audience: "hoso", leeway: 30, time: time)
    }

    @Test("keys that were never there make sign-in unavailable, not refused; later they are found")
    func neverThere() async throws {
        let (source, time, signer) = (Source(), ManualTimeSource(TestTimes.start), DevelopmentSigner())
        let verifier = verifier(source, time)
        let token = try await token(signer)
        await #expect(throws: Problem.identityUnavailable) { try await verifier.verify(token) }
        source.set(signer.keySet)
        time.advance(by: 2)
        #expect(try await verifier.verify(token).memberID == Self.member)
    }

    @Test("known keys are kept while their source is away or broken")
    func kept() async throws {
        let (source, time, signer) = (Source(), ManualTimeSource(TestTimes.start), DevelopmentSigner())
        source.set(signer.keySet)
        let verifier = verifier(source, time)
        let token = try await token(signer, expires: 86_400)
        _ = try await verifier.verify(token)
        for broken in [nil, "{", #"{"keys":[]}"#] {
            source.set(broken)
            time.advance(by: 601)
            let before = source.count
            _ = try await verifier.verify(token)
            try await eventually("the source was asked again") { source.count > before }
            _ = try await verifier.verify(token)
        }
    }

    @Test("a token that was let in is let in no more once it has expired, or its key is taken away")
    func letInBefore() async throws {
        let (source, time, signer) = (Source(), ManualTimeSource(TestTimes.start), DevelopmentSigner())
        source.set(signer.keySet)
        let verifier = verifier(source, time)
        let (short, long) = (try await token(signer, expires: 60), try await token(signer, expires: 86_400))
        for _ in 0..<2 {
            #expect(try await verifier.verify(short).memberID == Self.member)
            #expect(try await verifier.verify(long).memberID == Self.member)
        }
        time.advance(by: 120)
        await #expect(throws: Problem.tokenExpired) { try await verifier.verify(short) }
        source.set(DevelopmentSigner().keySet)
        time.advance(by: 600)
        try await eventually("the new key holds") {
            do {
                _ = try await verifier.verify(long)
                return false
            } catch {
                return error as? Problem == Problem.tokenInvalid
            }
        }
    }

    @Test("of a token whose signature was checked another one with the same claims and no right signature is told")
    func checkedOnce() async throws {
        let (source, time, signer) = (Source(), ManualTimeSource(TestTimes.start), DevelopmentSigner())
        source.set(signer.keySet)
        let verifier = verifier(source, time)
        let token = try await token(signer)
        _ = try await verifier.verify(token)
        let forged = try await self.token(DevelopmentSigner())
        let mixed =
            token.prefix(upTo: token.lastIndex(of: ".") ?? token.startIndex)
            + forged.suffix(from: forged.lastIndex(of: ".") ?? forged.startIndex)
        for other in [forged, String(mixed)] {
            await #expect(throws: Problem.tokenInvalid) { try await verifier.verify(other) }
        }
    }

    @Test("more bearers than are remembered are let in as well")
    func manyBearers() async throws {
        let keys = try await KeySetDocument.keys(in: Data(DevelopmentSigner().keySet.utf8))
        let checked = CheckedTokens()
        let counted = Mutex(0)
        func claims(_ number: Int) async throws -> TokenClaims {
            try await checked.claims(of: "token \(number)", by: keys) {
                counted.withLock { $0 += 1 }
                return TokenClaims(
                    subject: "", issuer: "", audience: "", expiration: TestTimes.start, notBefore: nil,
                    levelOfAssurance: number, roles: nil)
            }
        }
        for number in 0..<5_000 { #expect(try await claims(number).levelOfAssurance == number) }
        #expect(counted.withLock { $0 } == 5_000)
        #expect(try await claims(4_999).levelOfAssurance == 4_999)
        #expect(counted.withLock { $0 } == 5_000, "the last one is remembered")
        #expect(try await claims(0).levelOfAssurance == 0)
        #expect(counted.withLock { $0 } == 5_001, "the first one is checked again")
    }

    @Test("a new key is fetched when a token names it, but the source is not asked for every such token")
    func rotated() async throws {
        let (source, time, signer) = (Source(), ManualTimeSource(TestTimes.start), DevelopmentSigner())
        source.set(signer.keySet)
        let verifier = verifier(source, time)
        _ = try await verifier.verify(try await token(signer))
        let next = DevelopmentSigner(keyID: "next")
        source.set(next.keySet)
        let token = try await token(next)
        for _ in 0..<20 { await #expect(throws: Problem.tokenInvalid) { try await verifier.verify(token) } }
        #expect(source.count == 1)
        time.advance(by: 11)
        #expect(try await verifier.verify(token).memberID == Self.member)
        #expect(source.count == 2)
    }

    @Test(
        "production refuses stand-ins",
        arguments: [
            "urn:hoso:development:identity", "http://127.0.0.1:8190", "https://localhost/x", "https://id.test",
            "https://id.example",
        ])
    func production(issuer: String) throws {
        let declared = CommonSettings.all(for: .dues, own: [])
        var values = ["identity.issuer": issuer, "identity.keys": "/keys.json", "database.url": "postgresql://h/d"]
        func verifier() throws -> TokenVerifier {
            try IdentitySettings.verifier(
                try .given(values, declared: declared), time: SystemTimeSource(), logger: Logger(label: "test"))
        }
        #expect(throws: ConfigurationFault.self) { try verifier() }
        values["mode"] = "development"
        _ = try verifier()
        values["mode"] = "production"
        values["identity.issuer"] = "https://id.gov.vn"
        _ = try verifier()
        values["identity.keys"] = "http://id.gov.vn/keys"
        #expect(throws: ConfigurationFault.self) { try verifier() }
    }
}
