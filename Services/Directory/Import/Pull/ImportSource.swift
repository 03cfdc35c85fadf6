import AsyncHTTPClient
import Contracts
import Foundation
import NIOCore
import NIOHTTP1
import ServiceKit

/// One page of what the source has.
struct ImportPage: Sendable {
    /// JSON lines; empty where there is nothing.
    let records: ByteBuffer
    /// The moment of which the source says that it is so, the same for all pages of one pull.
    let asOf: Date
    /// Asks for the page after it; absent on the last one.
    let next: String?
}

/// Where the Party Member Database, or Vietnam Social Security, is asked for its records, page by page.
protocol ImportSource: Sendable {
    func page(_ question: ImportQuestion) async throws -> ImportPage
}

/// Which page is asked for.
struct ImportQuestion: Sendable {
    let subject: ImportSubject
    /// Only what changed after the moment; absent: everything.
    var since: Date?
    /// Only what is of the month, where the subject has months.
    var month: DuesMonth?
    /// What the page before gave; absent: the first page.
    var cursor: String?
}

/// The source over HTTP: `GET <address>/members?since=…&cursor=…`, or `…/figures?month=…&cursor=…`, answers JSON lines,
/// with the headers `As-Of` and, but on the last page, `Next-Cursor`. Redirections are not followed: the token is for one
/// address.
struct HTTPImportSource: ImportSource {
    let address: String
    let token: String?
    /// For the whole of a page.
    var timeout = Duration.seconds(60)

    /// What a page may have, in bytes.
    private static let largestPage = 16 << 20

    /// The source did not answer as agreed; asking again may help.
    struct Unanswered: Error, CustomStringConvertible {
        let description: String
    }

    func page(_ question: ImportQuestion) async throws -> ImportPage {
        var url = URLComponents(string: "\(address)/\(question.subject.rawValue)")
        url?.queryItems = [
            question.since.map { URLQueryItem(name: "since", value: RFC3339.text(of: $0)) },
            question.month.map { URLQueryItem(name: "month", value: $0.text) },
            question.cursor.map { URLQueryItem(name: "cursor", value: $0) },
        ].compactMap { $0 }
        guard let text = url?.string else { throw Unanswered(description: "the source's address is none") }
        var request = HTTPClientRequest(url: text)
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        let answer = try await HTTPClient.unredirected.whole(request, upTo: Self.largestPage, within: timeout)
        guard answer.status == 200 else { throw Unanswered(description: "the source answered \(answer.status)") }
        guard let asOf = answer.headers.first(name: "as-of").flatMap({ RFC3339.moment(of: $0) }) else {
            throw Unanswered(description: "the source did not say of which moment it tells")
        }
        return ImportPage(
            records: answer.body, asOf: asOf, next: answer.headers.first(name: "next-cursor"))
    }
}
