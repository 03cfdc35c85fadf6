import AsyncHTTPClient
import Contracts
import Foundation
import NIOCore
import NIOHTTP1

/// Asks the administration of services.
struct AdminClient: Sendable {
    /// A service did not do what it was asked.
    struct Refused: Error, CustomStringConvertible {
        let service: ServiceName
        let reason: String

        var description: String { "\(service.rawValue): \(reason)" }
    }

    private let client: HTTPClient
    private let token: String?

    /// Runs some work with a client and puts it away afterwards.
    static func with<R>(_ options: AdminOptions, signedIn: Bool = true, _ work: (AdminClient) async throws -> R)
        async throws -> R
    {
        let client = HTTPClient(eventLoopGroupProvider: .singleton)
        do {
            let token = signedIn ? try await options.bearer() : nil
            let result = try await work(AdminClient(client: client, token: token))
            try await client.shutdown()
            return result
        } catch {
            try? await client.shutdown()
            throw error
        }
    }

    /// Asks one service and reads its answer.
    func call<Answer: Decodable>(
        _ service: ServiceName, _ path: String, method: HTTPMethod = .GET, as type: Answer.Type = Answer.self,
        alsoAccepts: HTTPResponseStatus? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: ServiceAddress.base(of: service) + path)
        request.method = method
        return try await answer(of: service, to: request, within: .seconds(30), alsoAccepts: alsoAccepts)
    }

    /// How long a file of the whole country may take.
    private static let uploadTime = TimeAmount.hours(2)

    /// Streams a file to a service and reads its answer.
    func upload<Answer: Decodable>(
        _ service: ServiceName, _ path: String, file: String, contentType: String
    ) async throws -> Answer {
        let url = URL(fileURLWithPath: file)
        let size = try url.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
        var request = HTTPClientRequest(url: ServiceAddress.base(of: service) + path)
        request.method = .POST
        request.headers.add(name: "content-type", value: contentType)
        request.body = .stream(FilePieces(url: url), length: .known(Int64(size)))
        return try await answer(of: service, to: request, within: Self.uploadTime, alsoAccepts: .accepted)
    }

    /// Sends JSON to a service and reads its answer.
    func send<Answer: Decodable>(
        _ service: ServiceName, _ path: String, _ body: some Encodable, as type: Answer.Type = Answer.self,
        alsoAccepts: HTTPResponseStatus = .created
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: ServiceAddress.base(of: service) + path)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.headers.add(name: "idempotency-key", value: UUID().uuidString)
        request.body = .bytes(try ContractsJSON.encode(body))
        return try await answer(of: service, to: request, within: .seconds(30), alsoAccepts: alsoAccepts)
    }

    private func answer<Answer: Decodable>(
        of service: ServiceName, to asked: HTTPClientRequest, within time: TimeAmount,
        as type: Answer.Type = Answer.self,
        alsoAccepts: HTTPResponseStatus? = nil
    ) async throws -> Answer {
        var request = asked
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        request.headers.add(name: "accept-language", value: "en")
        let response: HTTPClientResponse
        do {
            response = try await client.execute(request, timeout: time)
        } catch {
            throw Refused(service: service, reason: "does not answer at \(ServiceAddress.base(of: service))")
        }
        let body = Data(try await response.body.collect(upTo: 64 * 1_048_576).readableBytesView)
        guard response.status == .ok || response.status == alsoAccepts else {
            throw Refused(service: service, reason: Self.reason(response.status, body))
        }
        return try ContractsJSON.decoder.decode(type, from: body)
    }

    private static func reason(_ status: HTTPResponseStatus, _ body: Data) -> String {
        struct Shape: Decodable {
            struct Fault: Decodable {
                var field: String
                var rule: String
                var messageEn: String
                var line: Int?
                var column: Int?

                /// As `hosoctl procedure check` writes it.
                var text: String {
                    let place = [line, column].compactMap { $0.map(String.init) }.joined(separator: ":")
                    return [place, field, rule, messageEn].filter { !$0.isEmpty }.joined(separator: ": ")
                }
            }
            var title: String
            var detail: String?
            var type: String
            var errors: [Fault]?
        }
        guard let problem = try? JSONDecoder().decode(Shape.self, from: body) else { return "answered \(status.code)" }
        let faults = (problem.errors ?? []).map { "\n  \($0.text)" }.joined()
        let title = [problem.title, problem.detail].compactMap(\.self).joined(separator: ": ")
        return "\(title) (\(problem.type))\(faults)"
    }

    /// Asks several services; one that is away is told and does not stop the others.
    func each<Answer: Decodable>(
        _ services: [ServiceName], _ path: String, as type: Answer.Type = Answer.self,
        alsoAccepts: HTTPResponseStatus? = nil
    ) async -> [(service: ServiceName, answer: Answer)] {
        var answers: [(ServiceName, Answer)] = []
        for service in services {
            do {
                answers.append((service, try await call(service, path, as: type, alsoAccepts: alsoAccepts)))
            } catch {
                Output.note("\(error)")
            }
        }
        return answers
    }
}
