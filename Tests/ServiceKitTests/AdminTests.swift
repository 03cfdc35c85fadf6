import Contracts
import Foundation
import HTTPTypes
import Postgres
import ServiceTestKit
import Testing

@testable import ServiceKit

@Suite("Administration")
struct AdminTests {
    @Test(
        "nobody but an operator gets in",
        arguments: [
            (HTTPRequest.Method.get, "/admin/v1/parked"), (.get, "/admin/v1/parked/1"),
            (.post, "/admin/v1/parked/retry"),
            (.post, "/admin/v1/parked/1/retry"), (.post, "/admin/v1/parked/1/drop"), (.get, "/admin/v1/outbox"),
            (.get, "/admin/v1/outbox/blocked"), (.post, "/admin/v1/outbox/blocked/retry"), (.get, "/admin/v1/lag"),
            (.get, "/admin/v1/audit/verify"),
        ])
    func closed(method: HTTPRequest.Method, uri: String) async throws {
        try await withTestService(Probe.self) { service in
            let anonymous = try await service.call(method, uri)
            #expect(anonymous.status == .unauthorized)
            let member = MemberID(SystemIDSource().next(at: TestTimes.start))
            let signedIn = try await service.call(method, uri, token: service.token(member: member))
            #expect(signedIn.status == .forbidden)
        }
    }

    @Test("lists are empty at first, what is not there is not found, and a retry is audited")
    func empty() async throws {
        try await withTestService(Probe.self) { service in
            let token = try await service.operatorToken("ann")
            #expect(try await service.call(.get, "/admin/v1/parked", token: token).text == "[]")
            #expect(try await service.call(.get, "/admin/v1/parked/7", token: token).status == .notFound)
            #expect(try await service.call(.get, "/admin/v1/parked/x", token: token).status == .badRequest)
            #expect(
                try await service.call(.get, "/admin/v1/parked?after=x", token: token).faults == [
                    "after": "whole-number"
                ])
            #expect(try await service.call(.post, "/admin/v1/parked/7/drop", token: token).status == .notFound)
            #expect(try await service.call(.get, "/admin/v1/outbox", token: token).status == .ok)
            #expect(try await service.call(.post, "/admin/v1/parked/retry", token: token).status == .ok)
            let rows = try await service.pool.query("SELECT actor, action FROM audit")
            #expect(try rows.map { try $0.get("actor", as: String.self) } == ["operator:ann"])
            #expect(try rows.map { try $0.get("action", as: String.self) } == ["parked.retried"])
        }
    }
}
