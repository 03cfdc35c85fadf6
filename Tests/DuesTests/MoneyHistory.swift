import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import TestSeed
import Testing

@testable import Dues

/// The money of one order of one member, and whatever happens to it, by chance.
struct MoneyHistory {
    enum Happening: CaseIterable {
        case pay, decline, settle, takeBack, refund, answer, tell, watch, decide, close
    }

    private struct Paid {
        let id: String
        let transaction: String
        let amount: Int64
    }

    let refunds: RefundScene
    let paper: GatewaysOnPaper
    let order: DuesScene.OrderShape
    /// Numbers the history, so that transactions are its own.
    let round: Int
    var numbers: SeededGenerator
    private var given = 0
    /// What files said, to be said again.
    private var said: [SettledFile.Line] = []
    private(set) var happened: [Happening] = []
    private var ended: [String: String] = [:]

    private var scene: DuesScene { refunds.scene }
    private var words: String {
        "seed \(SeededGenerator.seed), round \(round): \(happened.map { "\($0)" }.joined(separator: " "))"
    }
    private var place: Comment { Comment(rawValue: words) }

    init(_ refunds: RefundScene, _ paper: GatewaysOnPaper, round: Int, _ numbers: SeededGenerator) async throws {
        self.refunds = refunds
        self.paper = paper
        self.round = round
        self.numbers = numbers
        let member = try await refunds.scene.member()
        try await refunds.scene.assess()
        refunds.scene.kit.projectionAges.note("dues.directory", levelAt: refunds.scene.kit.time.now)
        // The month after is paid ahead.
        order = try await refunds.scene.order(member, round.isMultiple(of: 2) ? ["2026-11", "2026-12"] : ["2026-11"])
    }

    // MARK: What happens

    /// One thing happens; at times the process is killed in the middle of it, and it happens again.
    mutating func step() async throws {
        let happening = Happening.allCases.randomElement(using: &numbers) ?? .watch
        happened.append(happening)
        if Int.random(in: 0..<4, using: &numbers) == 0 {
            let postings = Int.random(in: 0...3, using: &numbers)
            try await scene.pool.execute(SQL(unsafe: "ALTER SEQUENCE doom RESTART WITH \(-postings)"))
            // Whatever it was in the middle of is rolled back; the error is its end.
            do { try await happen(happening) } catch is PostgresError {}
            try await scene.pool.execute("ALTER SEQUENCE doom RESTART WITH 1")
            try await expectInvariants()
        }
        try await happen(happening)
        try await expectInvariants()
    }

    /// A trigger that ends a transaction when as many postings were written as it is told to wait for.
    static func plantDoom(_ scene: DuesScene) async throws {
        try await scene.pool.execute("CREATE SEQUENCE doom MINVALUE -100")
        try await scene.pool.execute("ALTER SEQUENCE doom RESTART WITH 1")
        try await scene.pool.execute(
            """
            CREATE FUNCTION doom() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF nextval('doom') = 0 THEN RAISE EXCEPTION 'killed in the middle'; END IF;
                RETURN NEW;
            END $$
            """)
        try await scene.pool.execute(
            "CREATE TRIGGER doom BEFORE INSERT ON ledger_postings FOR EACH ROW EXECUTE FUNCTION doom()")
    }

    private mutating func happen(_ happening: Happening) async throws {
        scene.kit.projectionAges.note("dues.directory", levelAt: scene.kit.time.now)
        switch happening {
        case .pay: try await call(.paid, as: try await payments().randomElement(using: &numbers)?.transaction)
        case .decline: try await call(.declined, as: try await payments().randomElement(using: &numbers)?.transaction)
        case .settle: try await settle()
        case .takeBack: try await takeBack()
        case .refund: try await refund()
        case .answer: try await answer()
        case .tell: try await tell()
        case .watch: try await watch()
        case .decide: try await decide()
        case .close: try await close()
        }
    }

    private func payments() async throws -> [Paid] {
        try await scene.pool.query(
            """
            SELECT payment_id::text AS id, gateway_transaction, amount FROM payments WHERE order_id = \(order.orderId)
            ORDER BY payment_id
            """
        ).map {
            Paid(id: try $0.get("id"), transaction: try $0.get("gateway_transaction"), amount: try $0.get("amount"))
        }
    }

    private mutating func number() -> String {
        given += 1
        return "\(round)\(100 + given)"
    }

    /// Calls back once to three times, of a transaction that was called back before or of a new one.
    private mutating func call(_ outcome: CallbackOutcome, as transaction: String?) async throws {
        let isNew = transaction == nil || Int.random(in: 0..<3, using: &numbers) == 0
        let number = isNew ? number() : transaction ?? ""
        let callback = GatewayUnderTest.vnpay.callback(
            order.reference, amount: order.total, transaction: number, outcome)
        for _ in 0..<Int.random(in: 1...3, using: &numbers) { _ = try await scene.send(callback, by: .vnpay) }
    }

    private mutating func bring(_ lines: [SettledFile.Line]) async throws {
        said += lines
        // Each file has a day of its own, or that of the one before.
        let day = Day(containing: scene.kit.time.now).adding(days: Int.random(in: 0...1, using: &numbers))
        let answer = try await PortalFile.post(
            SettledFile.vnpay.text(lines, day: day.text), scene, gateway: "vnpay")
        #expect([.created, .ok, .internalServerError].contains(answer.status), "\(answer.text)")
    }

    private func line(_ transaction: String, _ gross: Int64, isBack: Bool = false) -> SettledFile.Line {
        SettledFile.Line(reference: order.reference, transaction: transaction, gross: gross, isBack: isBack)
    }

    /// A file of the payments: some are missing, repeated, of another amount, under a name that nobody knows.
    private mutating func settle() async throws {
        var lines: [SettledFile.Line] = []
        for payment in try await payments() {
            switch Int.random(in: 0..<10, using: &numbers) {
            case 0: break
            case 1: lines += [line(payment.transaction, payment.amount), line(payment.transaction, payment.amount)]
            case 2:
                let other = payment.amount + Int64.random(in: -3...3, using: &numbers) * 1_000
                lines.append(line(payment.transaction, other))
            case 3: lines.append(SettledFile.Line(reference: "DP26110000", transaction: number(), gross: 7_000))
            case 4: lines += said.suffix(2)
            default: lines.append(line(payment.transaction, payment.amount))
            }
        }
        // Paid, and nobody called back.
        if Int.random(in: 0..<8, using: &numbers) == 0 { lines.append(line(number(), order.total)) }
        try await bring(lines)
    }

    /// A charge-back: of a payment that it names or of none, of a part, of all, or of more.
    private mutating func takeBack() async throws {
        let names = try await payments().map(\.transaction)
        let gross: Int64 = [5_000, 5_000, order.total, order.total + 700].randomElement(using: &numbers) ?? 5_000
        let isNamed = Bool.random(using: &numbers)
        let name = isNamed ? names.randomElement(using: &numbers) : nil
        try await bring([line(name ?? number(), gross, isBack: true)])
    }

    /// Somebody asks for money back and another approves; the gateway gives it, refuses, or says nothing.
    private mutating func refund() async throws {
        guard let payment = try await payments().randomElement(using: &numbers), try await underWay() == nil else {
            return
        }
        let kind = ["payment", "overpayment"].randomElement(using: &numbers) ?? ""
        let asked = try await refunds.ask(payment.id, #"{"kind":"\#(kind)","reason":"x"}"#)
        guard asked.status == .created else { return }
        // It is decided on at once, or when something else has happened.
        if Bool.random(using: &numbers) { try await answer() }
    }

    private func underWay() async throws -> (id: RefundID, state: String, amount: Int64, isFull: Bool)? {
        try await scene.pool.queryOptional(
            """
            SELECT refund_id, state, amount, is_full FROM refunds
            WHERE order_id = \(order.orderId) AND state IN ('requested', 'approved', 'sent', 'unknown')
            """
        ).map {
            (try $0.get("refund_id"), try $0.get("state"), try $0.get("amount"), try $0.get("is_full"))
        }
    }

    /// What is under way goes on: approved, told to the gateway, answered by it or by a person, who may be wrong.
    private mutating func answer() async throws {
        guard let refund = try await underWay() else { return }
        if refund.state == "requested" {
            let end = Int.random(in: 0..<6, using: &numbers) == 0 ? "rejection" : "approval"
            _ = try await refunds.post(
                "/v1/refunds/\(refund.id)/\(end)", end == "rejection" ? #"{"reason":"x"}"# : "", by: refunds.second)
        }
        let hasGone = Int.random(in: 0..<4, using: &numbers) > 0
        let reply: RefundAnswer = hasGone ? .done(number()) : .refused
        let (refunds, silent) = (self.refunds, Int.random(in: 0..<4, using: &numbers) == 0)
        let isDecided = refund.state == "unknown" && Bool.random(using: &numbers)
        paper.answer { call in
            if silent { throw GatewayUnreachable(reason: "unreachable") }
            if isDecided {
                _ = try await refunds.post(
                    "/v1/refunds/\(refund.id)/outcome", #"{"moneyHasGone":\#(!hasGone),"reason":"x"}"#,
                    by: refunds.second)
            }
            return try GatewayUnderTest.vnpay.refund(
                call, reply, amount: refund.amount, type: refund.isFull ? "02" : "03")
        }
        scene.clock?.advance(by: 7_200)
        try await scene.parts.refundWork.drain()
    }

    /// A file tells of refunds that have gone.
    private mutating func tell() async throws {
        let untold: [(String, Int64)] = try await scene.pool.query(
            """
            SELECT coalesce(gateway_transaction, replace(refund_id::text, '-', '')) AS name, amount - found AS amount
            FROM refunds f WHERE order_id = \(order.orderId) AND state = 'succeeded' AND NOT \(SettledReversals.isTold("f"))
            ORDER BY refund_id
            """
        ).map { (try $0.get("name"), try $0.get("amount")) }
        try await bring(untold.map { line($0.0, $0.1, isBack: true) })
    }

    private func watch() async throws {
        scene.clock?.advance(by: 4 * 86_400 + 3_600)
        try await scene.parts.settlementWatch.run()
    }

    /// The months that are over are closed: their books hold.
    private func close() async throws {
        try await scene.parts.receipts.drain()
        let now = scene.kit.time.now
        for month in try DuesMonth("2026-11")..<DuesMonth(containing: now) where month.closableFrom <= now {
            let answer = try await scene.post("/v1/month-closes", #"{"month": "\#(month.text)"}"#)
            #expect(
                answer.status == .created || answer.problem == "month-closed-already", "\(answer.text) \(words)")
        }
    }

    /// Whatever is open is dealt with in one of the ways that it takes.
    private mutating func decide() async throws {
        let open = try await scene.pool.query(
            "SELECT exception_id, kind, payment_id::text AS payment FROM exceptions WHERE settled_at IS NULL ORDER BY exception_id"
        )
        for row in open {
            let (exception, kind): (UUIDv7, String) = (try row.get("exception_id"), try row.get("kind"))
            if kind == "overpaid" { continue }
            if kind != "reversed", try await refunds.act("confirm", on: exception).status == .ok { continue }
            var own: [String] = try row.get("payment", as: String?.self).map { [$0] } ?? []
            if own.isEmpty { own = try await payments().map(\.id) }
            if kind.hasSuffix("contradiction") || kind == "reversed" {
                var isNoted = false
                for payment in own where !isNoted { isNoted = try await noteReversal(payment) }
                if isNoted { continue }
            }
            // One that was killed between its two persons has its proposal already.
            guard try await refunds.writeOff(exception).status != .ok else { continue }
            _ = try await refunds.act("approve-write-off", on: exception, by: refunds.second)
        }
    }

    private func noteReversal(_ payment: String) async throws -> Bool {
        let asked = try await refunds.ask(payment, #"{"kind":"reversal","reason":"x"}"#)
        guard asked.status == .created else { return false }
        let refund: RefundShape = try asked.json()
        return try await refunds.post("/v1/refunds/\(refund.refundId)/approval", by: refunds.second).status == .ok
    }

    // MARK: What holds

    /// What is still to come comes, and everything is dealt with.
    mutating func finish() async throws {
        for _ in 0..<6 {
            for _ in 0..<8 {
                guard let refund = try await underWay() else { break }
                let own = number()
                paper.answer { call in
                    try GatewayUnderTest.vnpay.refund(
                        call, .done(own), amount: refund.amount, type: refund.isFull ? "02" : "03")
                }
                if refund.state == "requested" {
                    let path = "/v1/refunds/\(refund.id)/"
                    if try await refunds.post(path + "approval", by: refunds.second).status != .ok {
                        _ = try await refunds.post(path + "rejection", #"{"reason":"x"}"#, by: refunds.second)
                    }
                }
                scene.clock?.advance(by: 7_200)
                try await scene.parts.refundWork.drain()
            }
            try await bring(try await payments().map { line($0.transaction, $0.amount) })
            try await tell()
            try await watch()
            try await decide()
            for payment in try await payments() {
                _ = try await refunds.ask(payment.id, #"{"kind":"overpayment","reason":"x"}"#)
                if try await underWay() != nil { break }
            }
            try await expectInvariants()
        }
        let left: [String] = try await scene.pool.query(
            "SELECT kind FROM exceptions WHERE settled_at IS NULL AND order_id = \(order.orderId) ORDER BY kind"
        ).map { try $0.get("kind") }
        #expect(left.isEmpty, "\(left) \(words)")
        #expect(try await refunds.held().isEmpty, place)
        let balances = try await scene.balances()
        #expect(balances["unexplained"] == nil && balances["refunds"] == nil, place)
    }

    /// I2, I3, I4 and I6 of the promises, as far as the books, the rows and the outbox show them.
    private mutating func expectInvariants() async throws {
        try await expectBooks()
        try await expectEvents()
        let rows = try await scene.pool.query(
            """
            SELECT order_id::text AS id, state FROM payment_orders WHERE state = 'paid'
            UNION ALL SELECT refund_id::text, state FROM refunds
                WHERE state IN ('succeeded', 'failed', 'rejected', 'withdrawn')
            UNION ALL SELECT exception_id::text, 'settled' FROM exceptions WHERE settled_at IS NOT NULL
            UNION ALL SELECT month, 'closed' FROM month_closes
            """)
        var now: [String: String] = [:]
        for row in rows { now[try row.get("id")] = try row.get("state") }
        for (id, state) in ended { #expect(now[id] == state, "\(id) was \(state), \(words)") }
        ended = now
    }

    /// I4: every check of the books holds, the bank has what lines say, unexplained money is that of open exceptions, and
    /// of no payment more goes back than came.
    private func expectBooks() async throws {
        try await refunds.expectChecks(words)
        let balances = try await scene.balances()
        let told = try await scene.count(
            """
            SELECT coalesce(sum(CASE WHEN reversal THEN -gross ELSE gross END), 0)::bigint FROM settlement_lines
            WHERE state <> 'duplicate'
            """)
        #expect((balances["bank"] ?? 0) + (balances["channel-fees"] ?? 0) == Int64(told), place)
        let open = try await scene.count(
            """
            SELECT coalesce(sum(CASE WHEN l.reversal THEN -\(FoundReversals.rest(of: "e")) ELSE l.gross END), 0)::bigint
            FROM exceptions e JOIN settlement_lines l ON l.file_id = split_part(e.settlement, '/', 1)::uuid
                AND l.number = split_part(e.settlement, '/', 2)::integer
            WHERE e.settled_at IS NULL AND (l.state IN ('amount-differs', 'unknown-reference', 'wrong-account')
                OR l.state = 'reversed' AND l.payment_id IS NULL)
            """)
        #expect(balances["unexplained"] ?? 0 == Int64(open), place)
        let above = try await scene.count(
            """
            SELECT count(*) FROM payments p WHERE p.amount + p.settled_above < (
                SELECT sum(f.amount) FROM refunds f
                WHERE f.payment_id = p.payment_id AND f.state NOT IN ('failed', 'rejected', 'withdrawn'))
            """)
        #expect(above == 0, place)
        #expect(balances["refunds"] ?? 0 >= 0, place)
    }

    /// I2 and I3: each payment and each end of a refund is told once, and what is told of an order is in order.
    private func expectEvents() async throws {
        let differences = try await scene.count(
            """
            SELECT count(*) FROM (
                SELECT type, count(*) AS told FROM outbox GROUP BY type
            ) AS e FULL JOIN (
                SELECT \(PaymentReceived.type) AS type, count(*) AS made FROM payments
                UNION ALL SELECT \(RefundSucceeded.type), count(*) FROM refunds WHERE state = 'succeeded'
                UNION ALL SELECT \(RefundApproved.type), count(*) FROM refunds WHERE approved_at IS NOT NULL
            ) AS r USING (type)
            WHERE r.type IS NOT NULL AND coalesce(e.told, 0) <> r.made
            """)
        #expect(differences == 0, place)
        let disorder = try await scene.count(
            """
            SELECT count(*) FROM (
                SELECT version, lag(version) OVER (PARTITION BY topic, key ORDER BY seq) AS before FROM outbox
                WHERE topic = \(PaymentReceived.topic(writtenBy: .dues).name)
            ) AS v WHERE version <= before
            """)
        #expect(disorder == 0, place)
    }
}
