import Contracts
import DirectoryDomain
import Foundation
import HTTPTypes
import Logging
import Postgres
import ServiceKit

/// Asks Vietnam Social Security about one month of one member, outside any transaction, and enters what it says.
///
/// A question has no effect there, and an answer that is known already has none here: it may be asked twice.
struct FigureInquiry: Sendable {
    let desk: DirectoryDesk
    let source: any FigureSource
    let telling: FigureTelling

    /// What came of it.
    struct Outcome: Encodable {
        /// Whether the source knows the member.
        let known: Bool
        /// How many figures it has of the month.
        let answered: Int
        /// How many of them are new here.
        let entered: Int
    }

    private var kit: ServiceContext { desk.kit }

    func ask(_ member: MemberID, _ month: DuesMonth, by subject: String) async throws -> Outcome {
        guard (telling.oldest...DuesMonth(containing: kit.time.now)).contains(month) else {
            throw Problem(Faults([Self.monthOutside]))
        }
        guard let person = try await MemberStore.read(member, in: kit.pool)?.personalID else {
            throw Problem(Faults([Self.noPersonalID]))
        }
        // Before anything leaves: his number goes out, whether an answer comes or not.
        try await kit.pool.transaction { transaction in
            try await kit.audit.record(
                "figures.asked", subject: "\(member)", actor: subject, details: ["month": month.text],
                in: transaction)
        }
        let answer = try await answer(person, month)
        return try await kit.pool.transaction { transaction in
            // Member first: the order in which everybody locks.
            guard try await MemberStore.read(member, lock: .update, in: transaction) != nil else {
                throw Problem.notFound
            }
            let now = kit.time.now
            let id: UUIDv7 = kit.ids.next(at: now)
            let figures = answer?.figures ?? []
            let entered = try await FigureStore.enter(
                Self.rows(member, figures), told: min(answer?.asOf ?? now, now), origin: id, at: now, in: transaction)
            try await transaction.execute(
                """
                INSERT INTO figure_inquiries (id, member_id, month, asked_by, asked_at, known, answered, entered)
                VALUES (\(id), \(member), \(month), \(subject), \(now), \(answer != nil), \(figures.count), \(entered))
                """)
            try await telling.tell([member], author: subject, reason: "figure inquiry \(id)", in: transaction)
            return Outcome(known: answer != nil, answered: figures.count, entered: entered)
        }
    }

    private func answer(_ person: PersonalID, _ month: DuesMonth) async throws -> FigureAnswer? {
        do {
            return try await source.figures(of: person, month)
        } catch let failure as FigureSourceFailure {
            kit.logger.warning("a question about figures was not answered", metadata: ["reason": "\(failure)"])
            switch failure {
            case .away: throw Problem.figureSourceAway
            case .unreadable: throw Problem.figureAnswerUnreadable
            }
        }
    }

    private static func rows(_ member: MemberID, _ figures: [FigureAnswer.Figure]) -> SQL {
        """
        SELECT \(member)::uuid AS member_id, n.*
        FROM unnest(\(figures.map(\.month)), \(figures.map(\.kind.rawValue)), \(figures.map { $0.employerCode ?? "" }),
            \(figures.map(\.employerName)), \(figures.map(\.amount)))
            AS n (month, kind, employer_code, employer_name, amount)
        """
    }

    private static let monthOutside = InvalidValue(
        field: "month", rule: FigureFault.monthOutside.rawValue, vietnamese: "Tháng ở trong tương lai hoặc đã quá lâu.",
        english: "The month lies ahead or too far back.")
    private static let noPersonalID = InvalidValue(
        field: "memberId", rule: "figures.no-personal-id", vietnamese: "Chưa có số định danh cá nhân của đảng viên.",
        english: "The member's personal ID is not known.")
}

extension Problem {
    static let figureSourceAway = Problem(
        .serviceUnavailable, id: "figure-source-away",
        vietnamese: "Cơ quan bảo hiểm xã hội chưa trả lời, xin thử lại sau",
        english: "Vietnam Social Security does not answer, please try again"
    ).retryAfter(seconds: 60)
    static let figureAnswerUnreadable = Problem(
        .badGateway, id: "figure-answer-unreadable",
        vietnamese: "Câu trả lời của cơ quan bảo hiểm xã hội không đúng quy ước",
        english: "The answer of Vietnam Social Security is not as agreed")
}
