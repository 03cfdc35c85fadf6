import AsyncHTTPClient
import Contracts
import Foundation
import NIOCore
import NIOHTTP1
import ServiceKit

/// Who is asked for the figures of one member: Vietnam Social Security.
protocol FigureSource: Sendable {
    /// - Returns: what it has of the month; nothing when it does not know the person.
    /// - Throws: ``FigureSourceFailure``.
    func figures(of person: PersonalID, _ month: DuesMonth) async throws -> FigureAnswer?
}

/// No answer that means anything. The text of neither names the person.
enum FigureSourceFailure: Error, Hashable {
    /// None came in time, or the source said that it cannot answer now.
    case away(String)
    /// One came that breaks what was agreed.
    case unreadable(String)
}

/// What the source has of one member's month.
struct FigureAnswer: Decodable, Sendable {
    struct Figure: Decodable, Hashable, Sendable {
        let month: DuesMonth
        let kind: DuesFigureKind
        let employerCode: String?
        let employerName: String?
        let amount: Dong
    }

    /// The moment of which the source says that it is so.
    let asOf: Date
    let figures: [Figure]
}

/// Asks over HTTP: `POST <address>/figures/inquiries` with `{"personalId": …, "month": …}`, answered with
/// `{"asOf": …, "figures": […]}` or 404. The personal ID stands in the body: addresses are written into logs. Nobody else
/// is asked, wherever the source points.
struct HTTPFigureSource: FigureSource {
    let address: String
    let token: String?
    /// For the whole of an answer.
    let timeout: Duration

    private static let largestAnswer = 1 << 20

    private struct Question: Encodable {
        let personalId: String
        let month: DuesMonth
    }

    func figures(of person: PersonalID, _ month: DuesMonth) async throws -> FigureAnswer? {
        var request = HTTPClientRequest(url: "\(address)/figures/inquiries")
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        request.body = .bytes(
            ByteBuffer(bytes: try ContractsJSON.encode(Question(personalId: person.text, month: month))))
        let answer = try await answer(to: request)
        switch answer.status {
        case 200: return try read(answer.body, of: month)
        case 404: return nil
        default: throw FigureSourceFailure.away("http-\(answer.status)")
        }
    }

    private func answer(to request: HTTPClientRequest) async throws -> WholeAnswer {
        do {
            return try await HTTPClient.unredirected.whole(request, upTo: Self.largestAnswer, within: timeout)
        } catch is CancellationError {
            throw CancellationError()
        } catch is NIOTooManyBytesError {
            throw FigureSourceFailure.unreadable("too-long")
        } catch {
            throw FigureSourceFailure.away("unreachable")
        }
    }

    /// An answer about another month, or with two amounts of one employer, is none.
    private func read(_ body: ByteBuffer, of month: DuesMonth) throws -> FigureAnswer {
        guard let answer = try? ContractsJSON.decode(FigureAnswer.self, from: Array(body.readableBytesView)) else {
            throw FigureSourceFailure.unreadable("form")
        }
        var amounts: [String: Dong] = [:]
        for figure in answer.figures {
            guard figure.month == month else { throw FigureSourceFailure.unreadable("month") }
            guard (0...1_000_000_000_000).contains(figure.amount.amount) else {
                throw FigureSourceFailure.unreadable("amount")
            }
            let key = "\(figure.kind.rawValue) \(figure.employerCode ?? "")"
            guard amounts.updateValue(figure.amount, forKey: key) ?? figure.amount == figure.amount else {
                throw FigureSourceFailure.unreadable("figure-twice")
            }
        }
        return answer
    }
}
